// Package fault is the one error type that crosses a package boundary on
// purpose: a kind that decides the status, a code that programs rely on and a
// sentence for people. Any other error is internal: it is logged and its text
// stays inside.
package fault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Error is a failure that its caller may see.
type Error struct {
	Status     int            // the HTTP status of the kind
	Code       string         // snake case, stable
	Detail     string         // a sentence for a person
	Fields     map[string]any // further members of the problem document, such as "line"
	RetryAfter time.Duration  // when trying again makes sense; 0 when unknown
	cause      error
}

// New makes an error of the kind that status names.
func New(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// BadRequest is a request that cannot be read at all (400).
func BadRequest(code, format string, args ...any) *Error {
	return New(http.StatusBadRequest, code, format, args...)
}

// Unauthorized is a caller who is not known (401).
func Unauthorized(code, format string, args ...any) *Error {
	return New(http.StatusUnauthorized, code, format, args...)
}

// Forbidden is a caller who is known and may not (403).
func Forbidden(code, format string, args ...any) *Error {
	return New(http.StatusForbidden, code, format, args...)
}

// NotFound is a thing that is not there, or that the caller may not know of (404).
func NotFound(code, format string, args ...any) *Error {
	return New(http.StatusNotFound, code, format, args...)
}

// Conflict is a state that does not allow the change now (409).
func Conflict(code, format string, args ...any) *Error {
	return New(http.StatusConflict, code, format, args...)
}

// Invalid is a request that was read and makes no sense (422).
func Invalid(code, format string, args ...any) *Error {
	return New(http.StatusUnprocessableEntity, code, format, args...)
}

// Unavailable is something that we need and cannot reach now (503).
func Unavailable(code string, retryAfter time.Duration, cause error) *Error {
	return &Error{
		Status: http.StatusServiceUnavailable, Code: code, RetryAfter: retryAfter, cause: cause,
		Detail: "something that this answer needs cannot be reached now; try again later",
	}
}

// With adds a member to the problem document.
func (e *Error) With(name string, value any) *Error {
	if e.Fields == nil {
		e.Fields = map[string]any{}
	}
	e.Fields[name] = value
	return e
}

// Because records the cause, which is logged and never shown.
func (e *Error) Because(err error) *Error {
	e.cause = err
	return e
}

// RetrySeconds is RetryAfter as the header of that name has it: whole seconds,
// and "" when unknown.
func (e *Error) RetrySeconds() string {
	if e.RetryAfter <= 0 {
		return ""
	}
	return strconv.Itoa(int((e.RetryAfter + time.Second - 1) / time.Second))
}

// Error is for logs.
func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Detail, e.cause)
	}
	return e.Code + ": " + e.Detail
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.cause }

// HTTPStatus is the status for a person's request.
func (e *Error) HTTPStatus() int { return e.Status }

// EventStatus is the status for an event, chosen for what a broker does with
// it: 404, 408, 409, 429 and 5xx are tried again, other 4xx are dead letters.
// A thing that is not there will not come by trying, so it is 422.
func (e *Error) EventStatus() int {
	if e.Status == http.StatusNotFound {
		return http.StatusUnprocessableEntity
	}
	return e.Status
}

// Of finds the *Error in err's chain. Anything else is an internal error whose
// text stays inside, except what passes by itself: an error whose HTTPStatus is
// 503, and work that ran out of time or was given up.
func Of(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return Unavailable("unavailable", 2*time.Second, err)
	}
	var status interface{ HTTPStatus() int }
	if errors.As(err, &status) && status.HTTPStatus() == http.StatusServiceUnavailable {
		return Unavailable("unavailable", 2*time.Second, err)
	}
	return New(http.StatusInternalServerError, "internal", "something went wrong on our side").Because(err)
}
