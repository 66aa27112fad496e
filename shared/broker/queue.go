package broker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// queue takes messages of one place in the store and handles up to cap(slots)
// at a time. It asks for no more than it can begin at once, so that a message
// never waits here while another process, or a later start, could have it.
type queue struct {
	consumer jetstream.Consumer
	slots    chan struct{}
	handle   func(m jetstream.Msg, second bool)
	chaos    *Chaos
	log      *slog.Logger
	busy     *atomic.Int64 // handlers at work, of all queues
	flying   *sync.WaitGroup
}

// pullFor is how long one request for messages stands.
const pullFor = time.Minute

// run pulls until ctx ends.
func (q *queue) run(ctx context.Context) {
	for ctx.Err() == nil {
		n := q.reserve(ctx)
		taken, err := q.pull(ctx, n)
		for range n - taken {
			<-q.slots
		}
		if err != nil && ctx.Err() == nil {
			q.log.Warn("store gives no events", "error", err)
			pause(ctx, 200*time.Millisecond)
		}
	}
}

// reserve waits for a free slot and takes all that are free.
func (q *queue) reserve(ctx context.Context) int {
	select {
	case q.slots <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	for n := 1; ; n++ {
		select {
		case q.slots <- struct{}{}:
		default:
			return n
		}
	}
}

// pull begins up to n messages, each in its slot, and tells how many.
func (q *queue) pull(ctx context.Context, n int) (taken int, err error) {
	if n == 0 {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, pullFor)
	defer cancel()
	batch, err := q.consumer.Fetch(n, jetstream.FetchContext(ctx), jetstream.FetchHeartbeat(pullFor/4))
	if err != nil {
		return 0, err
	}
	if q.chaos != nil {
		return q.pullWindows(batch.Messages()), ignoreEnd(batch.Error())
	}
	for m := range batch.Messages() {
		taken++
		q.begin(func() {
			defer func() { <-q.slots }()
			q.work(m, false)
		})
	}
	return taken, ignoreEnd(batch.Error())
}

// begin runs f beside the queue; closing the broker waits for it.
func (q *queue) begin(f func()) {
	q.busy.Add(1)
	q.flying.Add(1)
	go func() {
		defer q.flying.Done()
		defer q.busy.Add(-1)
		f()
	}()
}

// work handles m and tells the store now and then that it is still at it.
func (q *queue) work(m jetstream.Msg, second bool) {
	done := make(chan struct{})
	var alive func()
	var timer *time.Timer
	var mu sync.Mutex
	alive = func() {
		mu.Lock()
		defer mu.Unlock()
		select {
		case <-done:
		default:
			_ = m.InProgress() // failing, the message comes again
			timer.Reset(ackWait / 3)
		}
	}
	mu.Lock()
	timer = time.AfterFunc(ackWait/3, alive)
	mu.Unlock()
	q.handle(m, second)
	close(done)
	timer.Stop()
}

func ignoreEnd(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
