package upload

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"paceline/shared/function/fault"
	"paceline/shared/function/rest"
)

// bodiesAtOnce bounds the sum of the bodies that are in memory.
const bodiesAtOnce = 96 << 20

// patience is how long a file waits for its turn to be decoded.
const patience = 10 * time.Second

// admission bounds the memory of uploads.
type admission struct {
	bodies atomic.Int64
	turns  chan struct{} // one for each file that may be decoded at once
}

func newAdmission(decoders int) *admission { return &admission{turns: make(chan struct{}, decoders)} }

// body lets next read a body if there is room for it. A body whose length is
// not said counts as the longest.
func (a *admission) body(next rest.Handler) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		size := r.ContentLength
		if size < 0 {
			size = maxBody
		}
		if size > maxBody {
			return &http.MaxBytesError{Limit: maxBody}
		}
		defer a.bodies.Add(-size)
		if a.bodies.Add(size) > bodiesAtOnce {
			return fault.Unavailable("unavailable", 2*time.Second, errors.New("too many uploads at once"))
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		return next(w, r)
	}
}

// turn waits for a turn to decode; done gives it back.
func (a *admission) turn(ctx context.Context) (done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case a.turns <- struct{}{}:
		return func() { <-a.turns }, nil
	case <-ctx.Done():
		return nil, fault.Unavailable("unavailable", 5*time.Second, errors.New("too many files are being decoded"))
	}
}
