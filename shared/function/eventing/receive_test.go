package eventing_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/eventing"
	"paceline/shared/function/fault"
)

// binary are the headers of a good workout.deleted in binary mode.
func binary(change ...string) http.Header {
	h := http.Header{}
	set := func(name, value string) {
		if value == "" {
			h.Del(name)
			return
		}
		h.Set(name, value)
	}
	all := append([]string{
		"Ce-Specversion", "1.0", "Ce-Id", "e1", "Ce-Source", "/functions/upload", "Ce-Type", events.TypeWorkoutDeleted,
		"Ce-Subject", "w1", "Content-Type", "application/json", "Ce-Traceparent", "00-trace-span-01",
	}, change...)
	for i := 0; i < len(all); i += 2 {
		set(all[i], all[i+1])
	}
	return h
}

// trusting believes every event.
func trusting(context.Context, events.Envelope, string) error { return nil }

const deleted = `{"workout_id":"w1","user_id":"ann","version":2,"deleted_at":"2026-05-04T10:00:00Z"}`

// deliver posts one event to a function that handles workout.deleted so.
func deliver(t *testing.T, h http.Header, body string, handle func(context.Context, events.WorkoutDeleted) error) *httptest.ResponseRecorder {
	t.Helper()
	receiver := eventing.Receiver(slog.New(slog.DiscardHandler), trusting, asItCame, eventing.On(handle))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/events", strings.NewReader(body))
	r.Header = h
	w := httptest.NewRecorder()
	receiver.ServeHTTP(w, r)
	return w
}

func TestWhatIsNotAnEventForThisFunction(t *testing.T) {
	t.Parallel()
	structured := http.Header{"Content-Type": {"application/cloudevents+json"}}
	batched := http.Header{"Content-Type": {"application/cloudevents-batch+json"}}
	cases := map[string]struct {
		header http.Header
		body   string
		status int
		code   string
	}{
		"plain JSON":                  {http.Header{"Content-Type": {"application/json"}}, deleted, 400, "not_an_event"},
		"no headers and no body":      {http.Header{}, "", 400, "not_an_event"},
		"no id":                       {binary("Ce-Id", ""), deleted, 400, "not_an_event"},
		"no source":                   {binary("Ce-Source", ""), deleted, 400, "not_an_event"},
		"no type":                     {binary("Ce-Type", ""), deleted, 400, "not_an_event"},
		"an unknown version":          {binary("Ce-Specversion", "9.9"), deleted, 400, "not_an_event"},
		"a time that is none":         {binary("Ce-Time", "yesterday"), deleted, 400, "not_an_event"},
		"structured and broken":       {structured, `{"specversion":"1.0"`, 400, "not_an_event"},
		"structured without an id":    {structured, `{"specversion":"1.0","type":"x","source":"y"}`, 400, "not_an_event"},
		"a batch":                     {batched, `[]`, 400, "not_an_event"},
		"a type of others":            {binary("Ce-Type", events.TypeFollowed), `{}`, 422, "event_type"},
		"a version that is to come":   {binary("Ce-Type", "paceline.workout.deleted.v2"), deleted, 422, "event_type"},
		"the type of the catch-all":   {binary("Ce-Type", "*"), deleted, 422, "event_type"},
		"data that is not JSON":       {binary(), `{`, 422, "event_data"},
		"data of another shape":       {binary(), `{"version":"two"}`, 422, "event_data"},
		"data that is a list":         {binary(), `[]`, 422, "event_data"},
		"data that is null":           {binary(), ` null `, 422, "event_data"},
		"no data":                     {binary(), ``, 422, "event_data"},
		"two values":                  {binary(), deleted + deleted, 422, "event_data"},
		"more than 1 MiB":             {binary(), `{"x":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "too_large"},
		"structured, more than 1 MiB": {structured, `{"x":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "too_large"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := deliver(t, c.header, c.body, func(context.Context, events.WorkoutDeleted) error {
				t.Error("the handler is called")
				return nil
			})
			if code := code(w); w.Code != c.status || code != c.code {
				t.Errorf("answer %d %s, want %d %s: %s", w.Code, code, c.status, c.code, w.Body)
			}
		})
	}
}

func code(w *httptest.ResponseRecorder) string {
	var p struct{ Code string }
	_ = json.Unmarshal(w.Body.Bytes(), &p)
	return p.Code
}

func TestAnswersByTheHandlersError(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err        error
		status     int
		code       string
		retryAfter string
	}{
		"none":                               {nil, 202, "", ""},
		"invalid":                            {fault.Invalid("odd", "odd"), 422, "odd", ""},
		"not found goes to the dead letters": {fault.NotFound("gone", "gone"), 422, "gone", ""},
		"forbidden":                          {fault.Forbidden("no", "no"), 403, "no", ""},
		"conflict comes again":               {fault.Conflict("busy", "busy"), 409, "busy", ""},
		"unavailable comes again":            {fault.Unavailable("away", 1500*time.Millisecond, nil), 503, "away", "2"},
		"plain":                              {errors.New("secret"), 500, "internal", ""},
		"out of time":                        {fmt.Errorf("x: %w", context.DeadlineExceeded), 503, "unavailable", "2"},
		"given up":                           {fmt.Errorf("x: %w", context.Canceled), 503, "unavailable", "2"},
		"a fault whose cause is out of time": {fault.Invalid("odd", "odd").Because(context.DeadlineExceeded), 503, "unavailable", ""},
	}
	for name, c := range cases {
		w := deliver(t, binary(), deleted, func(context.Context, events.WorkoutDeleted) error { return c.err })
		if w.Code != c.status || code(w) != c.code || w.Header().Get("Retry-After") != c.retryAfter {
			t.Errorf("%s: %d %s, retry after %q", name, w.Code, code(w), w.Header().Get("Retry-After"))
		}
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: the text of an internal error is shown: %s", name, w.Body)
		}
	}
}

func TestAPanicIsOneFailedDelivery(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(eventing.Receiver(slog.New(slog.DiscardHandler), trusting, asItCame, eventing.On(func(_ context.Context, p events.WorkoutDeleted) error {
		if p.Version == 666 {
			panic("poison")
		}
		return nil
	})))
	defer server.Close()
	for _, c := range []struct {
		body   string
		status int
	}{{`{"version":666}`, 500}, {deleted, 202}, {`{"version":666}`, 500}} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(c.body))
		req.Header = binary()
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != c.status || strings.Contains(string(b), "poison") {
			t.Errorf("%s: %d %s", c.body, resp.StatusCode, b)
		}
	}
}

func TestBothModesGiveTheSame(t *testing.T) {
	t.Parallel()
	structured := http.Header{"Content-Type": {"application/cloudevents+json; charset=utf-8"}}
	body := `{"specversion":"1.0","id":"e1","source":"/functions/upload","type":"` + events.TypeWorkoutDeleted +
		`","subject":"w1","datacontenttype":"application/json","traceparent":"00-trace-span-01","data":` + deleted + `}`
	want := events.WorkoutDeleted{WorkoutID: "w1", UserID: "ann", Version: 2, DeletedAt: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)}
	for name, c := range map[string]struct {
		header http.Header
		body   string
	}{"binary": {binary(), deleted}, "structured": {structured, body}, "a charset": {binary("Content-Type", "application/json; charset=utf-8"), deleted}} {
		var got events.WorkoutDeleted
		var cause events.Cause
		w := deliver(t, c.header, c.body, func(ctx context.Context, p events.WorkoutDeleted) error {
			got, cause = p, events.CauseFrom(ctx)
			return nil
		})
		if w.Code != 202 || got != want {
			t.Errorf("%s: %d, payload %+v", name, w.Code, got)
		}
		if want := (events.Cause{ID: "/functions/upload e1", Traceparent: "00-trace-span-01"}); cause != want {
			t.Errorf("%s: cause %+v, want %+v", name, cause, want)
		}
	}
}

func TestOnOthersTakesTheRestAsItCame(t *testing.T) {
	t.Parallel()
	var got []string
	receiver := eventing.Receiver(slog.New(slog.DiscardHandler), trusting, asItCame,
		eventing.On(func(context.Context, events.WorkoutDeleted) error { got = append(got, "deleted"); return nil }),
		eventing.OnOthers(func(_ context.Context, e events.Envelope, extensions map[string]string) error {
			got = append(got, fmt.Sprint(e.Type, " ", e.ID, " ", e.Subject, " ", e.PartitionKey, " ", e.Traceparent, " ", string(e.Data), " ", extensions))
			return nil
		}))
	for _, h := range []http.Header{binary(), binary("Ce-Type", "x.y", "Ce-Partitionkey", "ann", "Ce-Knativeerrorcode", "422")} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/events", strings.NewReader(`{"a":1}`))
		r.Header = h
		w := httptest.NewRecorder()
		receiver.ServeHTTP(w, r)
		if w.Code != 202 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	want := `[deleted x.y e1 w1 ann 00-trace-span-01 {"a":1} map[knativeerrorcode:422]]`
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// asItCame opens events of which nothing is sealed.
func asItCame(_ context.Context, e events.Envelope) (json.RawMessage, error) { return e.Data, nil }
