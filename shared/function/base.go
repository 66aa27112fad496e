package function

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"paceline/events"
	"paceline/shared/function/eventing"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/seal"
	"paceline/shared/function/security"
	"paceline/shared/function/store"
)

// BrokerName is the audience of the broker and the issuer of its tokens.
const BrokerName = "broker"

// GatewayName is the issuer of call tokens.
const GatewayName = "gateway"

// ScheduleSweep is the schedule on which a function publishes what is left in
// its outbox.
const ScheduleSweep = "sweep"

// Base is what a function talks to.
type Base struct {
	Name   string
	Store  *store.Store
	Signer *identity.Signer
	Log    *slog.Logger
	Now    func() time.Time
	Keys   identity.KeySource // the public keys of all parts

	calls      *identity.Verifier
	deliveries deliveries
	events     *identity.EventVerifier
	signals    signalling
	sweeps     metric.Int64Counter // by which it is seen who is silent: docs/alerts/function-silent.md
	duplicates metric.Int64Counter
	onSweep    []func(context.Context) error
}

// Opener opens a function. It checks its settings and does no I/O that it can
// put off.
type Opener func(ctx context.Context, e Env) (*Function, error)

// Function is an open function.
type Function struct {
	Handler http.Handler                    // the whole HTTP surface
	Public  bool                            // anybody may call: only who starts it may ask how it is
	Ready   func(ctx context.Context) error // nil means always
	Check   func(ctx context.Context) error // what else it needs, asked at a start only; nil means nothing
	Close   func(ctx context.Context) error // nil means nothing to do
}

// Closes lets f close something of its own after all else.
func (f *Function) Closes(own io.Closer) {
	before := f.Close
	f.Close = func(ctx context.Context) error { return errors.Join(before(ctx), own.Close()) }
}

// OpenStateless makes the Base of a function that keeps nothing and sends no
// events: its Store is nil.
func OpenStateless(e Env, name string) (*Base, error) {
	c, err := Parse[IdentityConfig](e)
	if err != nil {
		return nil, err
	}
	return openIdentity(e, name, c)
}

func openIdentity(e Env, name string, c IdentityConfig) (*Base, error) {
	if c.ClusterIssuer != "" && c.ClusterKeysFile == "" {
		return nil, errors.New("CLUSTER_JWKS_FILE: is needed with CLUSTER_ISSUER")
	}
	signer, err := identity.OpenSigner(name, c.SigningKeyFile, e.Now)
	if err != nil {
		return nil, fmt.Errorf("IDENTITY_KEY_FILE: %w", err)
	}
	keys := KeysFromFile(c.KeysFile)
	sweeps, err := otel.Meter("paceline").Int64Counter("paceline.sweeps", metric.WithDescription("Sweeps of outboxes that were asked for."))
	if err != nil {
		return nil, err
	}
	duplicates, err := otel.Meter("paceline").Int64Counter("paceline.events.duplicates", metric.WithDescription("Events that came again and were passed over."))
	if err != nil {
		return nil, err
	}
	b := &Base{
		Name: name, Signer: signer, Log: e.Log.With("function", name), Now: e.Now, Keys: keys,
		calls:      identity.NewVerifier(identity.CallType, name, []string{GatewayName}, keys, e.Now),
		deliveries: openDeliveries(c, name, keys, e.Now),
		events:     identity.NewEventVerifier(keys, e.Now),
		sweeps:     sweeps, duplicates: duplicates,
	}
	b.signals.b = b
	return b, nil
}

// OpenBase reads Config and makes what it describes, without connecting.
func OpenBase(e Env, name string) (*Base, error) {
	c, err := Parse[Config](e)
	if err != nil {
		return nil, err
	}
	kek, err := seal.OpenKEK(c.KEK)
	if err != nil {
		return nil, fmt.Errorf("KEK_URI: %w", err)
	}
	return openState(e, name, c.StateConfig, kek)
}

// OpenState is OpenBase for a function that must not open what is sealed: it
// has no key for it.
func OpenState(e Env, name string) (*Base, error) {
	c, err := Parse[StateConfig](e)
	if err != nil {
		return nil, err
	}
	return openState(e, name, c, nil)
}

func openState(e Env, name string, c StateConfig, kek seal.KEK) (*Base, error) {
	b, err := openIdentity(e, name, c.IdentityConfig)
	if err != nil {
		return nil, err
	}
	sink, err := openSink(c, b.Signer)
	if err != nil {
		return nil, err
	}
	client, err := store.Dial(c.RedisURL, store.TLS{CAFile: c.RedisCAFile, CertFile: c.RedisCertFile, KeyFile: c.RedisKeyFile})
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	b.Store = store.New(store.Config{Function: name, Client: client, Publish: sink.Send, KEK: kek, Refused: b.signals.refused, Duplicate: b.duplicate, Now: e.Now, Log: b.Log})
	return b, nil
}

// KeysFromFile reads the JWKS from a file, which a rotation may replace.
func KeysFromFile(path string) identity.KeySource { return fileSource("IDENTITY_JWKS_FILE", path) }

// fileSource reads a file that a variable names.
func fileSource(variable, path string) identity.KeySource {
	return func(context.Context) ([]byte, error) {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", variable, err)
		}
		return b, nil
	}
}

// Function puts routes, subscriptions and the sweep of the outbox together.
// Routes see a verified caller in their context (identity.CallerFrom).
func (b *Base) Function(routes http.Handler, subscriptions ...eventing.Subscription) *Function {
	return b.Public(peer, b.Calls(routes), subscriptions...)
}

// Public is Function for routes that say by themselves who calls, and from
// where: those of the gateway.
func (b *Base) Public(address func(*http.Request) string, routes http.Handler, subscriptions ...eventing.Subscription) *Function {
	f := &Function{Handler: b.Watched(address, routes), Public: b.Name == GatewayName}
	if b.Store == nil {
		return f
	}
	sweep := eventing.On(func(ctx context.Context, _ events.Ping) error { return b.sweep(ctx) })
	receive := eventing.Receiver(b.Log, b.believe, b.Store.Keys().OpenEvent, append([]eventing.Subscription{sweep}, subscriptions...)...)
	f.Handler = b.Watched(address, besideEvents(b.deliveries.handler(receive), routes))
	f.Ready = func(ctx context.Context) error {
		if err := b.Store.Ping(ctx); err != nil {
			return fmt.Errorf("REDIS_URL: %w", err)
		}
		return nil
	}
	f.Close = func(context.Context) error {
		b.signals.close()
		return b.Store.Close()
	}
	return f
}

// besideEvents sends events one way and everything else the other. It is no
// mux, which would tell whoever asks how a path is written properly.
func besideEvents(events, others http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/events" {
			r.Pattern = "POST /events"
			events.ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	})
}

// Calls lets through calls of the gateway.
func (b *Base) Calls(next http.Handler) http.Handler { return verified(b.calls, next) }

// OnSweep has next done at each sweep, when the outbox is empty: what a function
// must finish although nothing else wakes it. Call it before Function.
func (b *Base) OnSweep(next func(context.Context) error) { b.onSweep = append(b.onSweep, next) }

// duplicate counts an event that was done before. A broker may deliver twice, so
// that it is no signal; many at once are a broker that forgets, or a replay.
func (b *Base) duplicate(ctx context.Context) {
	b.duplicates.Add(ctx, 1, metric.WithAttributes(attribute.String("function", b.Name)))
	b.Log.InfoContext(ctx, "event_duplicate", "event", events.CauseFrom(ctx).ID)
}

func (b *Base) sweep(ctx context.Context) error {
	b.sweeps.Add(ctx, 1, metric.WithAttributes(attribute.String("function", b.Name)))
	left, err := b.Store.Sweep(ctx)
	if err != nil {
		return err
	}
	if left > 0 {
		return fault.Unavailable("outbox_not_empty", 5*time.Second, fmt.Errorf("%d outboxes are not empty", left))
	}
	for _, next := range b.onSweep {
		if err := next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// verified lets through who proves who it is, and says so in the context.
func verified(v verifier, next http.Handler) http.Handler {
	return rest.Handler(func(w http.ResponseWriter, r *http.Request) error {
		caller, err := v.Request(r)
		if err != nil {
			return err
		}
		noted(r, caller)
		r = r.WithContext(identity.WithCaller(r.Context(), caller))
		next.ServeHTTP(w, r)
		security.Routed(r)
		return nil
	})
}
