package broker

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

const brokerYAML = `apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: default}
`

// service declares a Service.
func service(name string) string {
	return "---\napiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: " + name + "}\n" +
		"spec: {template: {spec: {containers: [{image: i}]}}}\n"
}

// trigger declares a Trigger of the Service sub for eventType; delivery is YAML
// in one line.
func trigger(name, eventType, delivery string) string {
	return fmt.Sprintf(`---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: %s}
spec:
  broker: default
  filter: {attributes: {type: %s}}
  subscriber:
    ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: sub}
    uri: /events/%s
    audience: sub
  delivery: %s
`, name, eventType, name, delivery)
}

const toDead = `deadLetterSink: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: dead}, uri: /letters}`

// received is one delivery that the subscriber saw.
type received struct {
	event  event.Event
	header http.Header
	path   string
	at     time.Time
}

// subscriber records deliveries and answers what answer says.
type subscriber struct {
	*httptest.Server
	mu     sync.Mutex
	all    []received
	answer func(w http.ResponseWriter, n int, r received) // n counts deliveries from 1
}

func newSubscriber(t testing.TB, answer func(w http.ResponseWriter, n int, r received)) *subscriber {
	s := &subscriber{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, err := cehttp.NewEventFromHTTPRequest(r)
		if err != nil {
			t.Errorf("delivery is no event: %v", err)
			return
		}
		got := received{event: *e, header: r.Header, path: r.URL.Path, at: time.Now()}
		s.mu.Lock()
		s.all = append(s.all, got)
		n := len(s.all)
		s.mu.Unlock()
		if s.answer != nil {
			s.answer(w, n, got)
		} else {
			w.WriteHeader(http.StatusAccepted)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *subscriber) deliveries(path string) []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []received
	for _, r := range s.all {
		if strings.HasPrefix(r.path, path) {
			out = append(out, r)
		}
	}
	return out
}

// rig is a broker with its subscriber and ingress.
type rig struct {
	t       testing.TB
	sub     *subscriber
	config  Config
	broker  *Broker
	ingress *httptest.Server
}

// newRig starts a broker on its own folder; all Services are sub.
func newRig(t testing.TB, yaml string, sub *subscriber, change func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, sub: sub, config: Config{
		Manifests: fstest.MapFS{"m.yaml": {Data: []byte(yaml)}},
		Dir:       t.TempDir(),
		Resolve:   func(_, _ string) (string, error) { return sub.URL, nil },
		Token:     func(audience string) (string, error) { return "token-for-" + audience, nil },
		Log:       slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}}
	if change != nil {
		change(&r.config)
	}
	r.start()
	t.Cleanup(r.close)
	return r
}

func (r *rig) start() {
	r.t.Helper()
	b, err := New(r.config)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := b.Start(context.Background()); err != nil {
		r.t.Fatal(err)
	}
	r.broker, r.ingress = b, httptest.NewServer(b.Handler())
}

func (r *rig) close() {
	if r.broker == nil {
		return
	}
	r.ingress.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := r.broker.Close(ctx); err != nil {
		r.t.Log(err)
	}
	r.broker = nil
}

// send posts an event and returns the status.
func (r *rig) send(id, eventType string, attributes ...string) int {
	r.t.Helper()
	header := http.Header{"Content-Type": {"application/json"}, "Ce-Specversion": {"1.0"}, "Ce-Id": {id}, "Ce-Source": {"/functions/test"}, "Ce-Type": {eventType}}
	for i := 0; i < len(attributes); i += 2 {
		header.Set("Ce-"+attributes[i], attributes[i+1])
	}
	code, _ := r.post("/default/default", header, `{"n":1}`)
	return code
}

func (r *rig) post(path string, header http.Header, body string) (int, http.Header) {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodPost, r.ingress.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header
}

func (r *rig) idle() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := r.broker.Idle(ctx); err != nil {
		n, _ := r.broker.Pending(context.Background())
		r.t.Fatalf("not idle: %v, %d pending, %+v", err, n, r.broker.Stats())
	}
}

// until waits for a condition.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

// testLog is silent once the test is over.
type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	if l.t.Context().Err() == nil {
		l.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}
