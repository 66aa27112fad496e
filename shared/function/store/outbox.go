package store

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
)

const (
	publishTimeout = 5 * time.Second // bounds how long an answer waits for the broker
	maxFlush       = 1000            // events of one outbox that are in memory at once
)

// posted is an event and its place in the outbox.
type posted struct {
	id    string
	event events.Envelope
}

func (s *Store) outboxKey(p int) string { return s.key(p, "outbox") }

// post publishes events that are committed, in order, up to the first one that
// the broker does not take: that one and the rest stay in the outbox, and Sweep
// publishes them. It is not the failure of who committed.
func (s *Store) post(ctx context.Context, p int, sent []posted) error {
	if s.c.Publish == nil || len(sent) == 0 {
		return nil
	}
	// The commit holds whether or not the caller still waits.
	ctx = context.WithoutCancel(ctx)
	publishing, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	var refused error
	taken := make([]string, 0, len(sent))
	for _, m := range sent {
		if refused = s.c.Publish(publishing, m.event); refused != nil {
			s.c.Log.WarnContext(ctx, "event stays in the outbox", "type", m.event.Type, "id", m.event.ID, "error", refused)
			break
		}
		taken = append(taken, m.id)
	}
	if refused != nil {
		s.again(p)
	}
	if len(taken) == 0 {
		return refused
	}
	if err := s.c.Client.XDel(ctx, s.outboxKey(p), taken...).Err(); err != nil {
		s.c.Log.WarnContext(ctx, "published events stay in the outbox", "partition", p, "events", len(taken), "error", err)
	}
	return refused
}

// Send publishes an event at once and without the outbox, for what has to be told
// when it is the store that fails. It may be lost.
func (s *Store) Send(ctx context.Context, p events.Payload) error {
	e, err := events.New(ctx, s.c.Function, p, s.Now())
	if err != nil {
		return err
	}
	if e, err = s.keys.SealEvent(ctx, e); err != nil {
		return err
	}
	return s.c.Publish(ctx, e)
}

// flush publishes what is in the outbox of one partition, oldest first.
func (s *Store) flush(ctx context.Context, p int) error {
	if s.c.Publish == nil {
		return nil
	}
	waiting, err := s.waiting(ctx, p)
	if err != nil && !errors.Is(err, errBroken) {
		s.c.Log.WarnContext(ctx, "outbox cannot be read", "partition", p, "error", err)
		return err
	}
	return errors.Join(s.post(ctx, p, waiting), err)
}

// again publishes what stays in an outbox from the background, at first soon
// and then less and less often, while this process lives; Sweep does it for
// processes that ended.
func (s *Store) again(p int) {
	s.retry.Lock()
	defer s.retry.Unlock()
	if s.retry.closed || s.retry.running[p] {
		return
	}
	if s.retry.running == nil {
		s.retry.running = map[int]bool{}
	}
	s.retry.running[p] = true
	go func() {
		for wait := time.Second; ; wait = min(2*wait, time.Minute) {
			select {
			case <-s.retry.ended:
				return
			case <-time.After(wait):
			}
			if err := s.flush(context.Background(), p); err == nil || errors.Is(err, errBroken) {
				break
			}
		}
		s.retry.Lock()
		defer s.retry.Unlock()
		delete(s.retry.running, p)
	}()
}

// retry is which partitions are being tried again.
type retry struct {
	sync.Mutex
	running map[int]bool
	ended   chan struct{} // closed by Close
	closed  bool
}

func (r *retry) end() {
	r.Lock()
	defer r.Unlock()
	if !r.closed {
		r.closed = true
		close(r.ended)
	}
}

// errBroken is an outbox entry that cannot be decoded.
var errBroken = errors.New("store: outbox entry is not an event")

// waiting is the oldest events of one outbox. One that cannot be decoded is
// logged and left where it is; it does not hold up the others, which come with
// errBroken.
func (s *Store) waiting(ctx context.Context, p int) (out []posted, err error) {
	entries, err := s.c.Client.XRangeN(ctx, s.outboxKey(p), "-", "+", maxFlush).Result()
	if err != nil {
		return nil, Wrap(err)
	}
	out = make([]posted, 0, len(entries))
	for _, m := range entries {
		text, _ := m.Values["event"].(string)
		var e events.Envelope
		if bad := json.Unmarshal([]byte(text), &e); bad != nil {
			s.c.Log.ErrorContext(ctx, "outbox entry is not an event", "partition", p, "entry", m.ID, "error", bad)
			err = errBroken
			continue
		}
		out = append(out, posted{m.ID, e})
	}
	return out, err
}

// Sweep publishes what is left in the outboxes of all partitions and returns
// how many events wait where the broker refused one. It visits partitions and
// never scans. What others publish right now may go out twice, and does not
// count. A partition whose first event is refused does not hold up the others;
// a broker that does not answer at all ends the sweep.
func (s *Store) Sweep(ctx context.Context) (left int64, err error) {
	before, err := s.outboxLengths(ctx)
	if err != nil {
		return 0, err
	}
	var refused []int
	silent := false
	for p, n := range before {
		if n == 0 {
			continue
		}
		err := context.DeadlineExceeded
		if !silent {
			err = s.flush(ctx, p)
			silent = errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil
		}
		if err != nil || n > maxFlush || s.c.Publish == nil {
			refused = append(refused, p)
		}
	}
	after, err := s.outboxLengths(ctx)
	if err != nil {
		return 0, err
	}
	for _, p := range refused {
		left += after[p]
	}
	return left, nil
}

func (s *Store) outboxLengths(ctx context.Context) ([]int64, error) {
	cmds := make([]*redis.IntCmd, Partitions)
	_, err := s.c.Client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range cmds {
			cmds[p] = pipe.XLen(ctx, s.outboxKey(p))
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, Wrap(err)
	}
	out := make([]int64, Partitions)
	for p, cmd := range cmds {
		out[p] = cmd.Val()
	}
	return out, nil
}
