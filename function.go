// Package paceline is every function behind one handler: the whole platform in
// one process, or one function of it. It is what the func CLI builds and runs
// (New, and the methods of Platform), and what functions/cmd/dev serves.
//
//	FUNCTION=<name>   opens that function alone, with its own settings
//	otherwise         everything: the functions, a durable broker that reads the
//	                  manifests of knative/, Redis, objects in a folder, keys
//
// All that lasts is in DATA_DIR; a second start on the same folder goes on
// where the first ended.
package paceline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"paceline/shared/broker"
	"paceline/shared/function"
)

// Platform is the running platform. Use New.
type Platform struct {
	handler atomic.Pointer[http.Handler]  // nil until everything is there
	closers []func(context.Context) error // in the order of opening
	inside  string                        // the address that functions and the broker call each other at
	broker  *broker.Broker
	chaos   *broker.Chaos                   // for tests of what functions promise
	tap     func(http.Handler) http.Handler // for tests of what goes between parts
	log     *slog.Logger
	now     func() time.Time
}

// New makes a platform that is not started yet.
func New() *Platform {
	return &Platform{log: slog.Default(), now: time.Now}
}

// Start opens what env asks for. When it fails nothing is left running.
func (p *Platform) Start(ctx context.Context, env map[string]string) error {
	start := p.startAll
	if name := env["FUNCTION"]; name != "" {
		start = func(ctx context.Context, env map[string]string) error { return p.startOne(ctx, name, env) }
	}
	if err := start(ctx, env); err != nil {
		return errors.Join(err, p.Stop(ctx))
	}
	return nil
}

func (p *Platform) startOne(ctx context.Context, name string, env map[string]string) error {
	open, ok := functions[name]
	if !ok {
		return fmt.Errorf("FUNCTION: there is no function %q", name)
	}
	f, err := open(ctx, function.Env{Vars: env, Log: p.log, Now: p.now})
	if err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	p.onStop(f.Close)
	p.serve(function.Surface(name, f))
	return nil
}

// Ready is false until Start is done.
func (p *Platform) Ready(context.Context) (bool, error) { return p.handler.Load() != nil, nil }

func (p *Platform) serve(h http.Handler) { p.handler.Store(&h) }

// Handle answers one request: as the gateway, or as the one function.
func (p *Platform) Handle(w http.ResponseWriter, r *http.Request) {
	h := p.handler.Load()
	if h == nil {
		http.Error(w, "starting", http.StatusServiceUnavailable)
		return
	}
	(*h).ServeHTTP(w, r)
}

// Stop ends everything in the reverse order of opening, and waits for what is
// under way until ctx ends.
func (p *Platform) Stop(ctx context.Context) error {
	var failed []error
	for i := len(p.closers) - 1; i >= 0; i-- {
		failed = append(failed, p.closers[i](ctx))
	}
	p.closers = nil
	return errors.Join(failed...)
}

func (p *Platform) onStop(f func(context.Context) error) {
	if f != nil {
		p.closers = append(p.closers, f)
	}
}
