package broker

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"time"
)

// ErrTryLater is what Config.Authorize wraps when it cannot tell now: the
// sender gets 503 and tries again, where 401 would be final.
var ErrTryLater = errors.New("broker: cannot tell now")

// Config is what a Broker needs. Manifests, Dir and Resolve are required.
type Config struct {
	// Manifests holds the Knative YAML; see package manifest.
	Manifests fs.FS
	// Dir keeps everything that lasts. One process has it at a time.
	Dir string
	// Resolve gives the base URL of a Service. A Destination's uri is resolved
	// against it. An error counts as a failed delivery.
	Resolve func(namespace, service string) (string, error)
	// Token gives the workload token for an audience; nil sends none. It is
	// asked only for destinations that name an audience. An error counts as a
	// failed delivery.
	Token func(audience string) (string, error)
	// Authorize checks who sends to the ingress: an error is answered with 401,
	// one that wraps ErrTryLater with 503. Nil lets everybody in.
	Authorize func(*http.Request) error
	// Client makes the deliveries. Nil takes one that keeps 64 connections a
	// host. Redirects are never followed.
	Client *http.Client
	Now    func() time.Time // nil: time.Now
	Log    *slog.Logger     // nil: slog.Default

	MaxEvent int64         // bytes of a request's body; 0: 1 MiB
	MaxStore int64         // bytes that wait, and again as much for dead letters; 0: 2 GiB. Beyond it, 503
	Parallel int           // deliveries at a time for one Trigger; 0: 16
	Dedupe   time.Duration // how long source and id are remembered; 0: 2 min
	Chaos    *Chaos        // for tests only
}

// Chaos makes a hard time for subscribers, for tests of their promises: each
// event is delivered twice, and the deliveries of up to Window events that wait
// for one Trigger are shuffled. The same events in one window with the same
// Seed go out in the same order. The second copy's answer is not heeded.
type Chaos struct {
	Seed   uint64
	Window int // 0: 32
}

// retryAfterBound holds when a delivery has no retryAfterMax: an answer must
// not put an event off for days.
const retryAfterBound = 5 * time.Minute

// attemptBound ends an attempt when its delivery has no timeout.
const attemptBound = time.Minute

func (c Config) withDefaults() (Config, error) {
	if c.Manifests == nil || c.Dir == "" || c.Resolve == nil {
		return c, fmt.Errorf("broker: Manifests, Dir and Resolve are required")
	}
	if c.MaxEvent < 0 || c.MaxStore < 0 || c.Parallel < 0 || c.Dedupe < 0 {
		return c, fmt.Errorf("broker: a limit is negative")
	}
	c.MaxEvent = cmp.Or(c.MaxEvent, 1<<20)
	c.MaxStore = cmp.Or(c.MaxStore, 2<<30)
	c.Parallel = cmp.Or(c.Parallel, 16)
	c.Dedupe = cmp.Or(c.Dedupe, 2*time.Minute)
	c.Log = cmp.Or(c.Log, slog.Default())
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 0, 64
		c.Client = &http.Client{Transport: transport}
	}
	client := *c.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.Client = &client
	if c.Chaos != nil {
		c.Chaos = &Chaos{Seed: c.Chaos.Seed, Window: cmp.Or(max(c.Chaos.Window, 0), 32)}
	}
	return c, nil
}
