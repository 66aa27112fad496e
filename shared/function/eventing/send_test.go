package eventing_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/eventing"
)

func envelope(t *testing.T) events.Envelope {
	t.Helper()
	ctx := events.WithCause(t.Context(), events.Cause{ID: "c", Traceparent: "00-trace-span-01"})
	e, err := events.New(ctx, "upload", events.WorkoutDeleted{WorkoutID: "w1", UserID: "ann"}, time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func sink(t *testing.T, handle http.HandlerFunc) *eventing.Sink {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return &eventing.Sink{URL: server.URL, Client: server.Client(), Token: func() (string, error) { return "the-token", nil }, Sign: func(events.Envelope) (string, error) { return "the-signature", nil }}
}

func TestSendIsBinaryAndSaysWhoSends(t *testing.T) {
	t.Parallel()
	var got http.Header
	var body []byte
	s := sink(t, func(w http.ResponseWriter, r *http.Request) { got = r.Header; body, _ = io.ReadAll(r.Body) })
	s.Extensions = map[string]string{"tenant": "north"}
	e := envelope(t)
	if err := s.Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Ce-Specversion": "1.0", "Ce-Id": e.ID, "Ce-Source": "/functions/upload", "Ce-Type": e.Type, "Ce-Subject": "w1",
		"Ce-Time": "2026-05-04T10:00:00Z", "Ce-Dataschema": e.DataSchema, "Ce-Partitionkey": "ann", "Ce-Tenant": "north",
		"Ce-Traceparent": "00-trace-span-01", "Traceparent": "00-trace-span-01", "Content-Type": "application/json", "Authorization": "Bearer the-token", "Ce-Signature": "the-signature",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
	if string(body) != string(e.Data) {
		t.Errorf("data %s", body)
	}
}

func TestOnlyTwoHundredsMeanThatTheSinkTookIt(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 202, 204, 299} {
		if err := sink(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }).Send(t.Context(), envelope(t)); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
	for _, status := range []int{304, 400, 401, 404, 413, 429, 500, 503} {
		err := sink(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }).Send(t.Context(), envelope(t))
		if err == nil || !strings.Contains(err.Error(), events.TypeWorkoutDeleted) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestSendFails(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	good := func() *eventing.Sink { return sink(t, func(http.ResponseWriter, *http.Request) {}) }
	away := good()
	away.URL = "http://127.0.0.1:1"
	noToken := good()
	noToken.Token = func() (string, error) { return "", errors.New("no key") }
	badName := good()
	badName.Extensions = map[string]string{"not-a-name": "x"}
	noID := envelope(t)
	noID.ID = ""
	for name, c := range map[string]struct {
		ctx  context.Context
		sink *eventing.Sink
		e    events.Envelope
	}{
		"the sink is away":         {t.Context(), away, envelope(t)},
		"there is no token":        {t.Context(), noToken, envelope(t)},
		"an extension has no name": {t.Context(), badName, envelope(t)},
		"the event has no id":      {t.Context(), good(), noID},
		"the sender gave up":       {cancelled, good(), envelope(t)},
	} {
		if err := c.sink.Send(c.ctx, c.e); err == nil || !strings.HasPrefix(err.Error(), "eventing: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is sent is what arrives, also by way of the catch-all of dead letters.
func TestASentEventArrivesAsItWas(t *testing.T) {
	t.Parallel()
	e := envelope(t)
	e.Replay = "2"
	var got events.Envelope
	var extensions map[string]string
	s := sink(t, eventing.Receiver(slog.New(slog.DiscardHandler), trusting, asItCame, eventing.OnOthers(func(_ context.Context, in events.Envelope, ext map[string]string) error {
		got, extensions = in, ext
		return nil
	})).ServeHTTP)
	s.Extensions = map[string]string{"tenant": "north"}
	if err := s.Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if string(got.Data) != string(e.Data) || len(extensions) != 1 || extensions["tenant"] != "north" {
		t.Errorf("data %s, extensions %v", got.Data, extensions)
	}
	got.Data, e.Data = nil, nil
	if got.Time = got.Time.UTC(); !equal(got, e) {
		t.Errorf("got  %+v\nwant %+v", got, e)
	}
}

func equal(a, b events.Envelope) bool {
	return a.ID == b.ID && a.Source == b.Source && a.Type == b.Type && a.Subject == b.Subject && a.Time.Equal(b.Time) && a.SpecVersion == b.SpecVersion &&
		a.DataContentType == b.DataContentType && a.DataSchema == b.DataSchema && a.PartitionKey == b.PartitionKey && a.Traceparent == b.Traceparent && a.Replay == b.Replay
}
