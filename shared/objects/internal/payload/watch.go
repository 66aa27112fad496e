package payload

import (
	"context"
	"errors"
	"time"
)

// Patience is how long a store may take to answer a call, retries included,
// and how long a download may stand still.
const Patience = 20 * time.Second

// slowest is the upload speed in bytes a second below which we give up.
const slowest = 512 << 10

// errSlow is the cause of a context that a Watch ended.
var errSlow = errors.New("the object store did not answer in time")

// ForUpload is how long a Put of size bytes may take where a call without
// content may take patience.
func ForUpload(patience time.Duration, size int64) time.Duration {
	return patience + time.Duration(size/slowest)*time.Second
}

// Bounded is ctx for a call that must end within d.
func Bounded(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, errSlow)
}

// Watch ends a context when the other side makes us wait too long in one go.
// How long the reader of a download takes between reads does not count.
type Watch struct {
	timer  *time.Timer
	cancel context.CancelCauseFunc
	limit  time.Duration
}

// Watched is ctx under a Watch that is already waiting.
func Watched(ctx context.Context, limit time.Duration) (context.Context, *Watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, &Watch{time.AfterFunc(limit, func() { cancel(errSlow) }), cancel, limit}
}

// Wait begins a wait for the other side.
func (w *Watch) Wait() { w.timer.Reset(w.limit) }

// Rest ends the wait.
func (w *Watch) Rest() { w.timer.Stop() }

// End frees the context.
func (w *Watch) End() {
	w.timer.Stop()
	w.cancel(nil)
}
