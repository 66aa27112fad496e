package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"paceline/shared/function/fault"
)

// knowsStatus is an error of a client library that knows its status.
type knowsStatus int

func (k knowsStatus) Error() string   { return "from a library" }
func (k knowsStatus) HTTPStatus() int { return int(k) }

func TestKindsAndTheirStatuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name        string
		err         error
		code        string
		http, event int
	}{
		{"bad request", fault.BadRequest("a", "x"), "a", 400, 400},
		{"unauthorized", fault.Unauthorized("a", "x"), "a", 401, 401},
		{"forbidden", fault.Forbidden("a", "x"), "a", 403, 403},
		{"not found, which no retry finds", fault.NotFound("a", "x"), "a", 404, 422},
		{"conflict, which a retry may solve", fault.Conflict("a", "x"), "a", 409, 409},
		{"invalid", fault.Invalid("a", "x"), "a", 422, 422},
		{"unavailable", fault.Unavailable("a", time.Second, nil), "a", 503, 503},
		{"wrapped", fmt.Errorf("f: %w", fault.Conflict("a", "x")), "a", 409, 409},
		{"joined", errors.Join(errors.New("x"), fault.Conflict("a", "x")), "a", 409, 409},
		{"plain", errors.New("secret"), "internal", 500, 500},
		{"a library's 503", fmt.Errorf("f: %w", knowsStatus(503)), "unavailable", 503, 503},
		{"a library's 404", knowsStatus(404), "internal", 500, 500},
		{"out of time", fmt.Errorf("f: %w", context.DeadlineExceeded), "unavailable", 503, 503},
		{"given up", fmt.Errorf("f: %w", context.Canceled), "unavailable", 503, 503},
		{"a fault because of a deadline", fault.Conflict("a", "x").Because(context.DeadlineExceeded), "a", 409, 409},
	}
	for _, c := range cases {
		f := fault.Of(c.err)
		if f.Code != c.code || f.HTTPStatus() != c.http || f.EventStatus() != c.event {
			t.Errorf("%s: %s %d %d", c.name, f.Code, f.HTTPStatus(), f.EventStatus())
		}
	}
}

func TestTheCauseIsKeptAndNotShown(t *testing.T) {
	t.Parallel()
	secret := errors.New("secret")
	for _, err := range []*fault.Error{fault.Of(secret), fault.Invalid("a", "x").Because(secret), fault.Unavailable("a", 0, secret)} {
		if !errors.Is(err, secret) {
			t.Errorf("%v lost its cause", err)
		}
		if err.Detail == "" || err.Detail == "secret" {
			t.Errorf("detail %q", err.Detail)
		}
	}
}

func TestRetrySecondsRoundUp(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{0: "", -1: "", 1: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Minute: "60"} {
		if got := fault.Unavailable("a", after, nil).RetrySeconds(); got != want {
			t.Errorf("%v is %q, want %q", after, got, want)
		}
	}
}

func TestWithAddsMembers(t *testing.T) {
	t.Parallel()
	err := fault.Invalid("a", "line %d", 3).With("line", 3).With("file", "x")
	if err.Detail != "line 3" || err.Fields["line"] != 3 || err.Fields["file"] != "x" {
		t.Errorf("%+v", err)
	}
}
