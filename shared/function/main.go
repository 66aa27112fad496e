package function

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"knative.dev/pkg/network/handlers"
	"knative.dev/pkg/signals"
)

const (
	livenessPath  = "/health/liveness"
	readinessPath = "/health/readiness"
)

// patient is how long a client may take for the header of a request, for all of
// it, and between two; tests have less. A route may want it sooner.
var patient = struct{ header, whole, idle time.Duration }{header: 10 * time.Second, whole: time.Minute, idle: 2 * time.Minute}

// patience is how long the steps of a drain may take; tests have less.
var patience = struct{ quiet, drain, answers, end time.Duration }{
	quiet:   2 * time.Second,  // without a request: longer than an old address is still used
	drain:   6 * time.Second,  // for quiet to come
	answers: 15 * time.Second, // for answers that are under way
	end:     3 * time.Second,  // for those that were told to end
}

// Main serves one function until SIGTERM, and exits with 1 and a log line that
// names the fault when it cannot.
func Main(name string, open Opener) {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	slog.SetDefault(log)
	if err := run(signals.NewContext(), name, open, Env{Vars: Environ(), Log: log, Now: time.Now}); err != nil {
		log.Error("function stopped", "function", name, "error", err)
		os.Exit(1)
	}
}

// Environ is the process's environment as a map.
func Environ() map[string]string {
	vars := map[string]string{}
	for _, kv := range os.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		vars[k] = v
	}
	return vars
}

func run(ctx context.Context, name string, open Opener, e Env) error {
	// Listening comes first: the platform measures a start by it.
	addr := net.JoinHostPort(e.Vars["LISTEN_ADDRESS"], cmp.Or(e.Vars["PORT"], "8080"))
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("PORT: %w", err)
	}
	defer l.Close() // of no effect once it is served
	stop, err := Telemetry(ctx, name, e.Vars)
	if err != nil {
		return err
	}
	f, err := open(ctx, e)
	if err != nil {
		return err
	}
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	go watchStart(ctx, f, e.Log.With("function", name), giveUp)
	err = Serve(ctx, l, name, f)
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return errors.Join(err, closeAll(f, stop))
}

func closeAll(f *Function, stop func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if f.Close == nil {
		return stop(ctx)
	}
	return errors.Join(f.Close(ctx), stop(ctx))
}

// Serve answers on l until ctx ends; then it fails its probes, waits until
// nobody calls any more (but not for ever: some never stop) and returns when
// all answers are out. What is not out by then is told to end, and then cut.
func Serve(ctx context.Context, l net.Listener, name string, f *Function) error {
	base, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	drainer := &handlers.Drainer{Inner: Surface(name, f), HealthCheck: probes(name, f), QuietPeriod: patience.quiet}
	server := &http.Server{
		Handler: drainer, ReadHeaderTimeout: patient.header, ReadTimeout: patient.whole, IdleTimeout: patient.idle,
		MaxHeaderBytes: 32 << 10, Protocols: plainAndH2C(), DisableGeneralOptionsHandler: true,
		BaseContext: func(net.Listener) context.Context { return base },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	drain(drainer)
	err := shutdown(server, patience.answers)
	if errors.Is(err, context.DeadlineExceeded) {
		giveUp()
		err = shutdown(server, patience.end)
	}
	if err != nil {
		return fmt.Errorf("drain: %w", errors.Join(err, server.Close()))
	}
	return nil
}

func drain(d *handlers.Drainer) {
	quiet := make(chan struct{})
	go func() {
		d.Drain()
		close(quiet)
	}()
	select {
	case <-quiet:
	case <-time.After(patience.drain):
	}
}

func shutdown(server *http.Server, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return server.Shutdown(ctx)
}

// plainAndH2C lets queue-proxy speak HTTP/2 without TLS inside a pod.
func plainAndH2C() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

// Surface adds the health paths and traces to a function's own handler. Of one
// that anybody may call, health is between it and who starts it: see probes.
func Surface(name string, f *Function) http.Handler {
	routes := traced(name, f.Handler)
	if f.Public {
		return routes
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+livenessPath, alive)
	mux.Handle("GET "+readinessPath, readiness(f))
	mux.Handle("/", routes)
	return mux
}

func alive(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

// probes answers the kubelet, whom the drainer tells by its name and not by
// its path.
func probes(name string, f *Function) http.HandlerFunc {
	ready, other := readiness(f), Surface(name, f)
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case livenessPath:
			alive(w, r)
		case readinessPath:
			ready(w, r)
		default: // anybody may call themselves a probe
			other.ServeHTTP(w, r)
		}
	}
}

func readiness(f *Function) http.HandlerFunc {
	var ready atomic.Bool // once ready, a probe costs no I/O
	return func(w http.ResponseWriter, r *http.Request) {
		if !ready.Load() && f.Ready != nil {
			ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
			defer cancel()
			if err := f.Ready(ctx); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
		}
		ready.Store(true)
		w.WriteHeader(http.StatusOK)
	}
}
