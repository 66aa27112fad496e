package rest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"paceline/events"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
)

// MaxKey bounds an Idempotency-Key.
const MaxKey = 255

// Answer is a finished answer that a repeated command gets again.
type Answer struct {
	Request string      `json:"request"` // digest of the request that it answers
	Status  int         `json:"status"`  // 0 while the command runs
	Header  http.Header `json:"header"`
	Body    []byte      `json:"body"`
}

// Answers keeps answers by person and key for a day.
type Answers interface {
	// Begin claims the key. It returns the answer that is there, if any; one
	// with status 0 belongs to a command that still runs.
	Begin(ctx context.Context, user, key, request string) (*Answer, error)
	// Finish keeps the answer for the key; a zero status forgets the claim.
	Finish(ctx context.Context, user, key string, a Answer) error
}

// Command gives next the cause that its events are derived from, and with an
// Idempotency-Key makes it happen once: the same request with the same key
// gets the first answer again, another request 422, one that comes while the
// first still runs 409. Answers that may be others next time (409, 425, 429 and
// 5xx) are not kept, so that trying again helps. With nil answers the key is
// ignored: for answers that must not be kept.
func Command(answers Answers, next Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		user := identity.CallerFrom(r.Context()).UserID
		key := r.Header.Get("Idempotency-Key")
		if key == "" || answers == nil {
			return next(w, withCause(r, "request", user, cmp.Or(r.Header.Get("X-Request-Id"), rand.Text())))
		}
		if len(key) > MaxKey {
			return fault.Invalid("invalid_idempotency_key", "Idempotency-Key is longer than %d characters", MaxKey)
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCommand))
		if err != nil {
			return readFailed(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		request := requestDigest(r, body)
		before, err := answers.Begin(r.Context(), user, key, request)
		if err != nil {
			return err
		}
		if before != nil {
			return repeat(w, before, request)
		}
		rec := &recorder{ResponseWriter: w, answer: Answer{Request: request}}
		if err := next.run(rec, withCause(r, "command", user, key, request)); err != nil {
			Problem(rec, r, err)
		}
		if !keeps(rec.answer.Status) {
			rec.answer = Answer{}
		}
		// The client has its answer; a claim that cannot be finished expires.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
		defer cancel()
		_ = answers.Finish(ctx, user, key, rec.answer)
		return nil
	}
}

// maxCommand bounds what is read into memory to compare it with an earlier
// request; routes have lower bounds of their own.
const maxCommand = 64 << 20

// keeps says whether the same request would get the same answer again: when it
// was done, or when it could not be read. Other refusals follow from a state
// that may change.
func keeps(status int) bool {
	return status/100 == 2 || status == http.StatusBadRequest || status == http.StatusUnsupportedMediaType
}

// withCause lets the events of r follow from what tells it from all others.
func withCause(r *http.Request, parts ...string) *http.Request {
	cause := events.Cause{ID: strings.Join(parts, " "), Traceparent: r.Header.Get("Traceparent")}
	return r.WithContext(events.WithCause(r.Context(), cause))
}

func requestDigest(r *http.Request, body []byte) string {
	h := sha256.New()
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if boundary := params["boundary"]; boundary != "" {
		body = bytes.ReplaceAll(body, []byte(boundary), nil) // a client makes a new one for each try
	}
	for _, s := range []string{r.Method, r.URL.RequestURI(), kind, r.Header.Get("If-Match")} {
		h.Write([]byte(s + "\x00"))
	}
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

func repeat(w http.ResponseWriter, a *Answer, request string) error {
	switch {
	case a.Request != request:
		return fault.Invalid("idempotency_key_reused", "this Idempotency-Key was used for another request")
	case a.Status == 0:
		f := fault.Conflict("in_progress", "the first request with this Idempotency-Key still runs")
		f.RetryAfter = time.Second
		return f
	}
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Idempotent-Replayed", "true")
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // the client is gone when this fails
	return nil
}

// recorder keeps what it passes on.
type recorder struct {
	http.ResponseWriter
	answer Answer
}

// WriteHeader keeps the status and the header.
func (r *recorder) WriteHeader(status int) {
	if r.answer.Status == 0 {
		r.answer.Status, r.answer.Header = status, r.Header().Clone()
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write keeps the body.
func (r *recorder) Write(b []byte) (int, error) {
	if r.answer.Status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	r.answer.Body = append(r.answer.Body, b...)
	return r.ResponseWriter.Write(b)
}
