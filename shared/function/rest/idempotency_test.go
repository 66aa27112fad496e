package rest_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"paceline/events"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/redistest"
	"paceline/shared/function/rest"
	"paceline/shared/function/seal"
	"paceline/shared/function/sealtest"
	"paceline/shared/function/store"
)

func answers(t *testing.T) *store.Store {
	t.Helper()
	client, err := store.Dial(redistest.URL(t), store.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	s := store.New(store.Config{Function: "notes", Client: client, KEK: sealtest.KEK(t), Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { _ = s.Close() })
	for _, owner := range []string{"ann", "bob", seal.Platform} {
		if err := s.Keys().Ensure(t.Context(), owner); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// command is a request of a person; header holds name, value pairs.
func command(user, key, body string, header ...string) *http.Request {
	r := httptest.NewRequest("POST", "/notes?x=1", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r.WithContext(identity.WithCaller(r.Context(), identity.Caller{UserID: user}))
}

// counter answers 201 with how often it was called, and the body it was sent.
func counter(n *atomic.Int64) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		rest.SetETag(w, n.Add(1))
		return rest.JSON(w, http.StatusCreated, map[string]any{"n": n.Load(), "body": string(b)})
	}
}

func TestTheSameCommandGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	h := rest.Command(answers(t), counter(&n))
	first, _ := answer(t, h, command("ann", "k", `{"a":1}`))
	again, _ := answer(t, h, command("ann", "k", `{"a":1}`, "X-Request-Id", "another", "Content-Type", "application/json; charset=utf-8"))
	if first.Code != 201 || again.Code != 201 || first.Body.String() != again.Body.String() || n.Load() != 1 {
		t.Errorf("first %d %s, again %d %s, called %d times", first.Code, first.Body, again.Code, again.Body, n.Load())
	}
	if first.Header().Get("Idempotent-Replayed") != "" || again.Header().Get("Idempotent-Replayed") != "true" || again.Header().Get("ETag") != `"1"` {
		t.Errorf("headers %v, then %v", first.Header(), again.Header())
	}
}

func TestAnotherCommandWithTheSameKey(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(r *http.Request){
		"another body":   func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"a":2}`)) },
		"another method": func(r *http.Request) { r.Method = "PUT" },
		"another path":   func(r *http.Request) { r.URL.Path = "/other" },
		"another query":  func(r *http.Request) { r.URL.RawQuery = "x=2" },
		"another kind":   func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
	} {
		var n atomic.Int64
		h := rest.Command(answers(t), counter(&n))
		answer(t, h, command("ann", "k", `{"a":1}`))
		r := command("ann", "k", `{"a":1}`)
		change(r)
		if w, p := answer(t, h, r); w.Code != 422 || p.Code != "idempotency_key_reused" || n.Load() != 1 {
			t.Errorf("%s: %d %s, called %d times", name, w.Code, p.Code, n.Load())
		}
	}
}

func TestKeysBelongToPersons(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s := answers(t)
	h := rest.Command(s, counter(&n))
	neighbour := "" // whose keys lie in the same partition as ann's
	for i := 0; neighbour == "" || s.Key(neighbour) != s.Key("ann"); i++ {
		neighbour = fmt.Sprint("user", i)
	}
	for _, who := range []string{"ann", neighbour, "ann bob", ""} {
		if err := s.Keys().Ensure(t.Context(), cmp.Or(who, seal.Platform)); err != nil {
			t.Fatal(err)
		}
		if w, _ := answer(t, h, command(who, "k", who)); w.Code != 201 {
			t.Errorf("%q: %d %s", who, w.Code, w.Body)
		}
	}
	if n.Load() != 4 {
		t.Errorf("called %d times for four people", n.Load())
	}
}

func TestACommandThatStillRuns(t *testing.T) {
	t.Parallel()
	s := answers(t)
	started, finish := make(chan struct{}), make(chan struct{})
	h := rest.Command(s, func(w http.ResponseWriter, _ *http.Request) error {
		close(started)
		<-finish
		return rest.NoContent(w)
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		if w, _ := answer(t, h, command("ann", "k", "")); w.Code != 204 {
			t.Errorf("first: %d", w.Code)
		}
	})
	<-started
	if w, p := answer(t, h, command("ann", "k", "")); w.Code != 409 || p.Code != "in_progress" || w.Header().Get("Retry-After") != "1" {
		t.Errorf("meanwhile: %d %s", w.Code, w.Body)
	}
	close(finish)
	wg.Wait()
	if w, _ := answer(t, h, command("ann", "k", "")); w.Code != 204 || w.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("afterwards: %d", w.Code)
	}
}

func TestOfManyAtOnceOneRuns(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	h := rest.Command(answers(t), counter(&n))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if w, p := answer(t, h, command("ann", "k", "")); w.Code != 201 && p.Code != "in_progress" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	wg.Wait()
	if n.Load() != 1 {
		t.Errorf("ran %d times", n.Load())
	}
}

func TestWhichAnswersAreKept(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		first func(w http.ResponseWriter) error
		kept  bool
	}{
		"200":               {func(w http.ResponseWriter) error { return rest.JSON(w, 200, 1) }, true},
		"a bare body":       {func(w http.ResponseWriter) error { _, err := w.Write([]byte("x")); return err }, true},
		"404":               {func(http.ResponseWriter) error { return fault.NotFound("a", "a") }, false},
		"422":               {func(http.ResponseWriter) error { return fault.Invalid("a", "a") }, false},
		"400":               {func(http.ResponseWriter) error { return fault.BadRequest("a", "a") }, true},
		"409, which passes": {func(http.ResponseWriter) error { return fault.Conflict("too_busy", "a") }, false},
		"429":               {func(http.ResponseWriter) error { return fault.New(429, "a", "a") }, false},
		"500":               {func(http.ResponseWriter) error { return errors.New("x") }, false},
		"503":               {func(http.ResponseWriter) error { return fault.Unavailable("a", 0, nil) }, false},
		"a panic":           {func(http.ResponseWriter) error { panic("x") }, false},
	}
	for name, c := range cases {
		calls := 0
		h := rest.Command(answers(t), func(w http.ResponseWriter, _ *http.Request) error {
			if calls++; calls == 1 {
				return c.first(w)
			}
			return rest.NoContent(w)
		})
		first, _ := answer(t, h, command("ann", "k", ""))
		again, _ := answer(t, h, command("ann", "k", ""))
		if kept := calls == 1; kept != c.kept || kept && (first.Code != again.Code || first.Body.String() != again.Body.String()) {
			t.Errorf("%s: first %d, then %d after %d calls", name, first.Code, again.Code, calls)
		}
	}
}

func TestAFormWithAnotherBoundaryIsTheSame(t *testing.T) {
	t.Parallel()
	form := func(boundary, content string) *http.Request {
		body := fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.fit\"\r\n\r\n%s\r\n--%s--\r\n", boundary, content, boundary)
		return command("ann", "k", body, "Content-Type", "multipart/form-data; boundary="+boundary)
	}
	var n atomic.Int64
	h := rest.Command(answers(t), counter(&n))
	answer(t, h, form("aaaaaaaaaaaaaaaa", "track"))
	if w, _ := answer(t, h, form("bbbbbbbbbbbbbbbbbbbb", "track")); w.Code != 201 || n.Load() != 1 {
		t.Errorf("the same file: %d %s", w.Code, w.Body)
	}
	if w, _ := answer(t, h, form("cccccccccccccccc", "other")); w.Code != 422 || n.Load() != 1 {
		t.Errorf("another file: %d %s", w.Code, w.Body)
	}
}

func TestWithoutAKeyEachRequestIsItsOwn(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s := answers(t)
	for name, h := range map[string]rest.Handler{"no key": rest.Command(s, counter(&n)), "answers that must not be kept": rest.Command(nil, counter(&n))} {
		n.Store(0)
		key := ""
		if name != "no key" {
			key = "k"
		}
		for range 2 {
			answer(t, h, command("ann", key, ""))
		}
		if n.Load() != 2 {
			t.Errorf("%s: called %d times", name, n.Load())
		}
	}
}

func TestKeysAreBounded(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	h := rest.Command(answers(t), counter(&n))
	for length, want := range map[int]int{rest.MaxKey: 201, rest.MaxKey + 1: 422} {
		if w, _ := answer(t, h, command("ann", strings.Repeat("k", length), "")); w.Code != want {
			t.Errorf("%d characters: %d", length, w.Code)
		}
	}
}

// Events of a command follow from its cause, so the cause must be the same for
// a retry and another for everything else.
func TestCauses(t *testing.T) {
	t.Parallel()
	cause := func(r *http.Request) events.Cause {
		var got events.Cause
		h := rest.Command(answers(t), func(w http.ResponseWriter, r *http.Request) error {
			got = events.CauseFrom(r.Context())
			return rest.NoContent(w)
		})
		answer(t, h, r)
		return got
	}
	base := cause(command("ann", "k", "x", "Traceparent", "00-t-s-01"))
	if base.ID == "" || base.Traceparent != "00-t-s-01" {
		t.Errorf("cause %+v", base)
	}
	for name, c := range map[string]struct {
		r    *http.Request
		same bool
	}{
		"a retry":                      {command("ann", "k", "x", "X-Request-Id", "r2"), true},
		"another key":                  {command("ann", "k2", "x"), false},
		"another person":               {command("bob", "k", "x"), false},
		"the key with another command": {command("ann", "k", "y"), false},
		"no key":                       {command("ann", "", "x"), false},
	} {
		if got := cause(c.r); (got.ID == base.ID) != c.same {
			t.Errorf("%s: %q beside %q", name, got.ID, base.ID)
		}
	}
	one, two := cause(command("ann", "", "x")), cause(command("ann", "", "x"))
	if one.ID == two.ID {
		t.Errorf("two requests without any id share the cause %q: the second one's events would be taken for copies", one.ID)
	}
	if a, b := cause(command("ann", "", "x", "X-Request-Id", "r")), cause(command("ann", "", "x", "X-Request-Id", "r")); a.ID != b.ID {
		t.Errorf("one request has the causes %q and %q", a.ID, b.ID)
	}
}

func TestABodyThatBreaksOffClaimsNothing(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	h := rest.Command(answers(t), counter(&n))
	r := command("ann", "k", "")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("x"), broken{}))
	if w, p := answer(t, h, r); w.Code != 400 || p.Code != "body_unreadable" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w, _ := answer(t, h, command("ann", "k", "whole")); w.Code != 201 {
		t.Errorf("the whole one: %d %s", w.Code, w.Body)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
