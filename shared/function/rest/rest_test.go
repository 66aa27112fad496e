package rest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"paceline/shared/function/fault"
	"paceline/shared/function/rest"
)

// note is what the handler of these tests reads.
type note struct {
	Text  string   `json:"text"`
	Count int      `json:"count"`
	Tags  []string `json:"tags"`
	Inner struct {
		At time.Time `json:"at"`
	} `json:"inner"`
}

func readNote(w http.ResponseWriter, r *http.Request) error {
	var n note
	if err := rest.Read(w, r, &n); err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, n)
}

type problem struct {
	Type, Title, Code, Detail, Instance, Pointer string
	Status                                       int
	Offset                                       *int64
}

func answer(t *testing.T, h http.Handler, r *http.Request) (*httptest.ResponseRecorder, problem) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var p problem
	if w.Code >= 400 {
		if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
			t.Errorf("content type %q of %d", ct, w.Code)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != w.Code {
			t.Errorf("problem %s of %d: %v", w.Body, w.Code, err)
		}
	}
	return w, p
}

// What is no JSON is in testdata/json.
func TestMembersAreReadStrictly(t *testing.T) {
	t.Parallel()
	const member = "invalid_member"
	cases := []struct {
		name, body string
		status     int
		code       string
	}{
		{"a good one", `{"text":"x","count":1,"tags":["a"],"inner":{"at":"2026-05-04T10:00:00Z"}}`, 200, ""},
		{"an empty object", `{}`, 200, ""},
		{"all of Unicode", `{"text":"ünï\u0000\ud83d\ude00😀"}`, 200, ""},
		{"an unknown member", `{"text":"x","color":"red"}`, 422, member},
		{"an unknown inner member", `{"inner":{"when":1}}`, 422, member},
		{"another case", `{"Text":"x"}`, 422, member},
		{"a text for a number", `{"count":"1"}`, 422, member},
		{"a fraction for a whole number", `{"count":1.5}`, 422, member},
		{"more than the number holds", `{"count":9223372036854775808}`, 422, member},
		{"a number for a text", `{"text":1}`, 422, member},
		{"an object for a list", `{"tags":{}}`, 422, member},
		{"a time that is none", `{"inner":{"at":"yesterday"}}`, 422, member},
		{"a list for the whole", `[]`, 422, member},
		{"a text for the whole", `"x"`, 422, member},
		{"more than 1 MiB", `{"text":"` + strings.Repeat("x", rest.MaxJSON) + `"}`, 413, "too_large"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/json")
			w, p := answer(t, rest.Handler(readNote), r)
			if w.Code != c.status || p.Code != c.code {
				t.Errorf("answer %d %s: %s", w.Code, p.Code, w.Body)
			}
		})
	}
}

func TestABadMemberIsPointedAt(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"count":"secret"}`:        "/count",
		`{"inner":{"when":1}}`:      "/inner/when",
		`{"tags":["a",2]}`:          "/tags/1",
		`{"inner":{"at":"secret"}}`: "/inner/at",
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w, p := answer(t, rest.Handler(readNote), r)
		if p.Pointer != want || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %s", body, w.Body)
		}
	}
}

func TestOnlyJSONIsRead(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]int{
		"application/json": 200, "application/json; charset=utf-8": 200, "APPLICATION/JSON": 200,
		"": 415, "text/plain": 415, "application/x-www-form-urlencoded": 415, "application/jsonp": 415, "application/problem+json": 415, "application/json;": 200, ";": 415,
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(`{}`))
		r.Header.Set("Content-Type", contentType)
		if w, _ := answer(t, rest.Handler(readNote), r); w.Code != want {
			t.Errorf("%q: %d, want %d", contentType, w.Code, want)
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err    error
		status int
		code   string
		header map[string]string
	}{
		"a fault":       {fault.Conflict("taken", "it is taken").With("by", "bob"), 409, "taken", nil},
		"unauthorized":  {fault.Unauthorized("token_missing", "x"), 401, "token_missing", map[string]string{"WWW-Authenticate": `Bearer realm="paceline"`}},
		"unavailable":   {fault.Unavailable("away", 1100*time.Millisecond, errors.New("secret")), 503, "away", map[string]string{"Retry-After": "2"}},
		"plain":         {errors.New("secret"), 500, "internal", nil},
		"a body's size": {fmt.Errorf("x: %w", &http.MaxBytesError{Limit: 5}), 413, "too_large", nil},
	}
	for name, c := range cases {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Request-Id", "r1")
		w, p := answer(t, rest.Handler(func(http.ResponseWriter, *http.Request) error { return c.err }), r)
		if w.Code != c.status || p.Code != c.code || p.Type != "https://paceline.example/problems/"+c.code || p.Title != http.StatusText(c.status) || p.Instance != "urn:request:r1" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "secret") || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s %v", name, w.Body, w.Header())
		}
		for k, v := range c.header {
			if w.Header().Get(k) != v {
				t.Errorf("%s: %s is %q", name, k, w.Header().Get(k))
			}
		}
	}
}

func TestAMemberOfAFaultCannotHideTheOthers(t *testing.T) {
	t.Parallel()
	w, p := answer(t, rest.Handler(func(http.ResponseWriter, *http.Request) error {
		return fault.Invalid("odd", "odd").With("code", "even").With("status", 200).With("line", 3)
	}), httptest.NewRequest("GET", "/", nil))
	if p.Code != "odd" || p.Status != 422 || !strings.Contains(w.Body.String(), `"line":3`) {
		t.Errorf("%s", w.Body)
	}
}

func TestAPanicIsAnInternalError(t *testing.T) {
	t.Parallel()
	w, p := answer(t, rest.Handler(func(http.ResponseWriter, *http.Request) error { panic("secret") }), httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || p.Code != "internal" || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAnAnswerThatCannotBeEncodedIsNotHalfAnAnswer(t *testing.T) {
	t.Parallel()
	w, _ := answer(t, rest.Handler(func(w http.ResponseWriter, _ *http.Request) error {
		return rest.JSON(w, 200, map[string]any{"a": 1, "b": func() {}})
	}), httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestIfMatch(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": true, "*": true, `"3"`: true, `"1", "3"`: true, `"1","3" , "9"`: true,
		`"2"`: false, "3": false, `W/"3"`: false, `"3`: false, `"03"`: false, `"*"`: false, ",": false, `"33"`: false,
	} {
		r := httptest.NewRequest("PATCH", "/", nil)
		if header != "" {
			r.Header.Set("If-Match", header)
		}
		err := rest.CheckIfMatch(r, 3)
		if (err == nil) != want || err != nil && fault.Of(err).Status != 412 {
			t.Errorf("If-Match %s: %v", header, err)
		}
	}
	r := httptest.NewRequest("PATCH", "/", nil)
	r.Header["If-Match"] = []string{`"1"`, `"3"`}
	if err := rest.CheckIfMatch(r, 3); err != nil {
		t.Errorf("on two lines: %v", err)
	}
	w := httptest.NewRecorder()
	rest.SetETag(w, 3)
	if w.Header().Get("ETag") != `"3"` {
		t.Errorf("ETag %s", w.Header().Get("ETag"))
	}
}
