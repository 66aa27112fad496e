package gateway

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"paceline/shared/function/fault"
)

// hurry gives the body of a request four fifths of the time of its route: what
// is left is for the answer. Whoever is refused is waited for no longer either.
func hurry(w http.ResponseWriter, r *http.Request, timeout time.Duration) {
	if r.ContentLength == 0 { // then the server itself waits, for the end of the connection
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(timeout * 4 / 5)) // a connection without one has the server's
}

// body says what is wrong with a body that is passed on: its caller is at fault,
// and not the function that is sent half of it.
type body struct {
	io.ReadCloser
	failure atomic.Pointer[fault.Error]
}

// Read reads on. What it fails with is kept, since the server gives up a request
// that it cannot read, and the call for it, before anybody hears why.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil, err == io.EOF:
		return n, err
	case errors.As(err, &tooLarge):
		b.failure.Store(errTooLarge(tooLarge.Limit))
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.failure.Store(fault.New(http.StatusRequestTimeout, "body_too_slow", "the body did not come in time").Because(err))
	default:
		b.failure.Store(fault.BadRequest("body_unreadable", "the body is not framed as HTTP has it, or ended too early").Because(err))
	}
	return n, err
}

func errTooLarge(most int64) *fault.Error {
	return fault.New(http.StatusRequestEntityTooLarge, "too_large", "the body is larger than %d bytes", most)
}
