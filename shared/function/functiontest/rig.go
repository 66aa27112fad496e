package functiontest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/identity"
	"paceline/shared/function/redistest"
	"paceline/shared/function/seal"
	"paceline/shared/function/sealtest"
	"paceline/shared/function/store"
)

// Start is the time at which every rig's clock begins.
var Start = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// Rig is one running function.
type Rig struct {
	T    testing.TB
	Name string
	Vars map[string]string // its environment
	Base string            // its address
	// Redis is the address of its store for the test itself, which may do
	// anything there; the function is a user that may do what it declared.
	Redis string

	gateway, broker *identity.Signer
	signers         map[string]*identity.Signer // of every part, by name
	erased          *sync.Map                   // people whose keys the test destroyed
	people          *store.Store                // makes keys for whoever a test speaks of, as accounts does
	clock           atomic.Int64
	failSink        atomic.Bool
	deliveries      atomic.Int64

	mu   sync.Mutex
	sent []events.Envelope
}

// New opens the function with vars over the usual environment.
func New(t testing.TB, name string, open function.Opener, vars map[string]string) *Rig {
	t.Helper()
	return newRig(t, name, open, vars, func(address string) string { return address })
}

// NewKillable is New for a function that can be killed at any of its transactions.
// Go on with Reopen, as another process does.
func NewKillable(t testing.TB, name string, open function.Opener, vars map[string]string) (r *Rig, k *redistest.Killer) {
	t.Helper()
	r = newRig(t, name, open, vars, func(address string) (killable string) {
		k, killable = redistest.Killable(t, address)
		return killable
	})
	return r, k
}

func newRig(t testing.TB, name string, open function.Opener, vars map[string]string, through func(address string) string) *Rig {
	t.Helper()
	r := &Rig{T: t, Name: name, erased: &sync.Map{}}
	r.clock.Store(Start.UnixNano())
	sink := httptest.NewServer(http.HandlerFunc(r.record))
	t.Cleanup(sink.Close)
	r.Vars = map[string]string{"REDIS_URL": redistest.URL(t), "K_SINK": sink.URL, "KEK_URI": sealtest.URI(t)}
	maps.Copy(r.Vars, r.keys(name))
	maps.Copy(r.Vars, vars)
	r.Redis = r.Vars["REDIS_URL"]
	r.keeper()
	for _, a := range store.Declared() {
		if a.Function == name {
			r.Vars["REDIS_URL"] = redistest.User(t, r.Redis, a.Rules()...)
		}
	}
	r.Vars["REDIS_URL"] = through(r.Vars["REDIS_URL"])
	r.open(open)
	return r
}

// Reopen opens the function again on the same state, as another instance of it.
func (r *Rig) Reopen(open function.Opener) *Rig {
	other := &Rig{T: r.T, Name: r.Name, Vars: r.Vars, Redis: r.Redis, gateway: r.gateway, broker: r.broker, signers: r.signers, people: r.people, erased: r.erased}
	other.clock.Store(r.clock.Load())
	other.open(open)
	return other
}

func (r *Rig) open(open function.Opener) {
	r.T.Helper()
	log := slog.New(slog.NewTextHandler(testWriter{r.T}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	f, err := open(context.Background(), function.Env{Vars: r.Vars, Log: log, Now: r.Now})
	if err != nil {
		r.T.Fatalf("open %s: %v", r.Name, err)
	}
	server := httptest.NewServer(function.Surface(r.Name, f))
	r.Base = server.URL
	r.T.Cleanup(func() {
		server.Close()
		if f.Close != nil {
			_ = f.Close(context.Background())
		}
	})
}

// keeper opens what keeps people's keys.
func (r *Rig) keeper() {
	r.T.Helper()
	client, err := store.Dial(r.Vars["REDIS_URL"], store.TLS{})
	r.must(err)
	kek, err := seal.OpenKEK(r.Vars["KEK_URI"])
	r.must(err)
	r.people = store.New(store.Config{Function: "accounts", Client: client, KEK: kek, Now: r.Now})
	r.T.Cleanup(func() { _ = r.people.Close() })
	r.Know(seal.Platform)
}

// Know gives people keys, as a registration does. Call and Deliver do it for
// whoever they name.
func (r *Rig) Know(users ...string) {
	r.T.Helper()
	for _, user := range users {
		if _, erased := r.erased.Load(user); user != "" && !erased {
			r.must(r.people.Keys().Ensure(context.Background(), user))
		}
	}
}

// Keys seals and opens as any function does.
func (r *Rig) Keys() *seal.Keys { return r.people.Keys() }

// Erase destroys a person's key, as an erasure does first.
func (r *Rig) Erase(user string) {
	r.T.Helper()
	r.erased.Store(user, true)
	r.must(r.people.Update(context.Background(), user, func(t *store.Tx) error { t.DestroyKey(user); return nil }))
}

// keys makes a key for every part that talks to the function.
func (r *Rig) keys(name string) map[string]string {
	r.T.Helper()
	dir := r.T.TempDir()
	var signers []*identity.Signer
	r.signers = map[string]*identity.Signer{}
	parts := []string{name, function.GatewayName, function.BrokerName}
	for _, p := range events.All() {
		parts = append(parts, events.Senders(p.EventType())...)
	}
	for _, issuer := range parts {
		if r.signers[issuer] != nil {
			continue
		}
		pem, err := identity.GenerateKey()
		r.must(err)
		r.must(os.WriteFile(filepath.Join(dir, issuer+".pem"), pem, 0o600))
		s, err := identity.NewSigner(issuer, pem, r.Now)
		r.must(err)
		r.signers[issuer] = s
		signers = append(signers, s)
	}
	r.gateway, r.broker = r.signers[function.GatewayName], r.signers[function.BrokerName]
	set, err := identity.JWKS(signers...)
	r.must(err)
	file := filepath.Join(dir, "jwks.json")
	r.must(os.WriteFile(file, set, 0o600))
	return map[string]string{"IDENTITY_KEY_FILE": filepath.Join(dir, name+".pem"), "IDENTITY_JWKS_FILE": file}
}

func (r *Rig) must(err error) {
	r.T.Helper()
	if err != nil {
		r.T.Fatal(err)
	}
}

// Now is the rig's clock.
func (r *Rig) Now() time.Time { return time.Unix(0, r.clock.Load()).UTC() }

// Advance moves the clock.
func (r *Rig) Advance(d time.Duration) { r.clock.Add(int64(d)) }

// Gateway signs as the gateway.
func (r *Rig) Gateway() *identity.Signer { return r.gateway }

// Broker signs as the broker.
func (r *Rig) Broker() *identity.Signer { return r.broker }

// Signer signs as a function that sends events.
func (r *Rig) Signer(name string) *identity.Signer { return r.signers[name] }

// Person is who a call is made for. The zero Person is a guest.
type Person struct {
	ID      string
	Roles   []identity.Role // a member when empty
	Session string          // of the sign-in; one of the person's own when empty
	// AuthTime is when the person last proved who they are: now when zero.
	AuthTime time.Time
}

// Answer is what the function answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON decodes the body into v.
func (a Answer) JSON(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		t.Fatalf("answer %d %s: %v", a.Status, a.Body, err)
	}
}

// Code is the code of a problem document.
func (a Answer) Code() string {
	var p struct{ Code string }
	_ = json.Unmarshal(a.Body, &p) // no code is what a test will see
	return p.Code
}

// Call makes a request as the gateway does for who. A body that is neither nil,
// []byte nor io.Reader is sent as JSON; header holds name, value pairs.
func (r *Rig) Call(who Person, method, path string, body any, header ...string) Answer {
	r.T.Helper()
	r.Know(who.ID)
	caller := identity.Caller{UserID: who.ID, SessionID: cmp.Or(who.Session, "session-"+who.ID), Roles: who.Roles, AuthTime: who.AuthTime}
	if caller.AuthTime.IsZero() {
		caller.AuthTime = r.Now()
	}
	if len(caller.Roles) == 0 {
		caller.Roles = []identity.Role{identity.Member}
	}
	if who.ID == "" {
		caller = identity.Caller{Roles: []identity.Role{identity.Guest}}
	}
	token, err := r.gateway.CallToken(r.Name, caller)
	r.must(err)
	req, err := http.NewRequest(method, r.Base+path, reader(r, body))
	r.must(err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("X-Request-Id", fmt.Sprintf("request-%d", r.deliveries.Add(1)))
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return r.do(req)
}

func reader(r *Rig, body any) io.Reader {
	switch b := body.(type) {
	case nil:
		return nil
	case []byte:
		return bytes.NewReader(b)
	case io.Reader:
		return b
	}
	b, err := json.Marshal(body)
	r.must(err)
	return bytes.NewReader(b)
}

func (r *Rig) do(req *http.Request) Answer {
	r.T.Helper()
	resp, err := http.DefaultClient.Do(req)
	r.must(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	r.must(err)
	return Answer{resp.StatusCode, resp.Header, b}
}

// Deliver delivers p once, with an id of its own, and returns the status.
func (r *Rig) Deliver(p events.Payload) int {
	r.T.Helper()
	return r.Redeliver(fmt.Sprintf("delivery-%d", r.deliveries.Add(1)), p)
}

// Redeliver delivers p as the event with the given id.
func (r *Rig) Redeliver(id string, p events.Payload) int {
	r.T.Helper()
	return r.RedeliverWith(id, p, nil)
}

// RedeliverWith is Redeliver with extension attributes, such as those of a
// dead letter.
func (r *Rig) RedeliverWith(id string, p events.Payload, extensions map[string]string) int {
	r.T.Helper()
	ctx := events.WithCause(context.Background(), events.Cause{ID: id})
	e, err := events.New(ctx, r.senderOf(p.EventType()).Issuer(), p, r.Now())
	r.must(err)
	e.ID = id
	r.Know(e.PartitionKey, e.Subject) // of a follow the subject is a person, too
	e, err = r.Keys().SealEvent(ctx, e)
	r.must(err)
	return r.deliver(e, extensions)
}

// DeliverAsItIs delivers an event that was sealed before.
func (r *Rig) DeliverAsItIs(e events.Envelope) int {
	r.T.Helper()
	return r.deliver(e, nil)
}

// senderOf signs as who sends a type.
func (r *Rig) senderOf(eventType string) *identity.Signer {
	if names := events.Senders(eventType); len(names) > 0 {
		return r.signers[names[0]]
	}
	return r.broker // for what comes from outside
}

func (r *Rig) deliver(e events.Envelope, extensions map[string]string) int {
	r.T.Helper()
	sink := eventing.Sink{
		URL: r.Base + "/events", Client: http.DefaultClient, Extensions: extensions, Sign: r.senderOf(e.Type).EventToken,
		Token: func() (string, error) { return r.broker.WorkloadToken(r.Name) },
	}
	req, err := sink.Request(context.Background(), e)
	r.must(err)
	a := r.do(req)
	if a.Status >= 300 {
		r.T.Logf("event %s: %d %s", e.Type, a.Status, a.Body)
	}
	return a.Status
}

// FailSink makes the broker refuse events, or take them again.
func (r *Rig) FailSink(fail bool) { r.failSink.Store(fail) }

func (r *Rig) record(w http.ResponseWriter, req *http.Request) {
	e, err := cehttp.NewEventFromHTTPRequest(req)
	if err != nil || r.failSink.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	b, err := json.Marshal(e)
	r.must(err)
	var envelope events.Envelope
	r.must(json.Unmarshal(b, &envelope))
	r.mu.Lock()
	r.sent = append(r.sent, envelope)
	r.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
}

// Sent is every event that the broker took, in order, but for signals to the
// watch: they come besides, some time after the answer that they are about.
func (r *Rig) Sent() []events.Envelope {
	return slices.DeleteFunc(r.taken(), func(e events.Envelope) bool { return e.Type == events.TypeSecuritySignal })
}

// taken is every event that the broker took.
func (r *Rig) taken() []events.Envelope {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]events.Envelope(nil), r.sent...)
}

// SentOf is the payloads of type P that the broker took, in order, each id once,
// without what was sealed for people who are erased: nobody can read it.
func SentOf[P events.Payload](r *Rig) []P {
	r.T.Helper()
	var zero P
	var out []P
	seen := map[string]bool{}
	for _, e := range r.taken() {
		if e.Type != zero.EventType() || seen[e.ID] {
			continue
		}
		seen[e.ID] = true
		data, err := r.Keys().OpenEvent(context.Background(), e)
		if errors.Is(err, seal.ErrNoKey) {
			continue
		}
		r.must(err)
		var p P
		r.must(json.Unmarshal(data, &p))
		out = append(out, p)
	}
	return out
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", bytes.TrimSpace(b))
	return len(b), nil
}
