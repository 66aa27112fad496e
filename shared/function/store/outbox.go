package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
)

// publishTimeout bounds how long an answer waits for the broker.
const publishTimeout = 5 * time.Second

// posted is an event and its place in the outbox.
type posted struct {
	id    string
	event events.Envelope
}

func (s *Store) outboxKey(p int) string { return s.key(p, "outbox") }

// post publishes events that were committed just now. A failure is not the
// caller's: the event stays in the outbox and Sweep publishes it.
func (s *Store) post(ctx context.Context, p int, sent []posted) {
	if s.c.Publish == nil || len(sent) == 0 {
		return
	}
	// The commit holds whether or not the caller still waits.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	for _, m := range sent {
		if err := s.c.Publish(ctx, m.event); err != nil {
			s.c.Log.WarnContext(ctx, "event stays in the outbox", "type", m.event.Type, "id", m.event.ID, "error", err)
			return
		}
		if err := s.c.Client.XDel(ctx, s.outboxKey(p), m.id).Err(); err != nil {
			s.c.Log.WarnContext(ctx, "published event stays in the outbox", "id", m.event.ID, "error", err)
		}
	}
}

// flush publishes all that is in the outbox of one partition, oldest first.
func (s *Store) flush(ctx context.Context, p int) {
	if s.c.Publish == nil {
		return
	}
	waiting, err := s.waiting(ctx, p)
	if err != nil {
		s.c.Log.WarnContext(ctx, "outbox cannot be read", "partition", p, "error", err)
		return
	}
	s.post(ctx, p, waiting)
}

func (s *Store) waiting(ctx context.Context, p int) ([]posted, error) {
	entries, err := s.c.Client.XRange(ctx, s.outboxKey(p), "-", "+").Result()
	if err != nil {
		return nil, Wrap(err)
	}
	out := make([]posted, 0, len(entries))
	for _, m := range entries {
		text, _ := m.Values["event"].(string)
		var e events.Envelope
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return nil, fmt.Errorf("store: outbox entry %s: %w", m.ID, err)
		}
		out = append(out, posted{m.ID, e})
	}
	return out, nil
}

// Sweep publishes what is left in the outboxes of all partitions and returns
// how many events still wait afterwards. It visits partitions and never scans.
func (s *Store) Sweep(ctx context.Context) (left int64, err error) {
	lengths, err := s.outboxLengths(ctx)
	if err != nil {
		return 0, err
	}
	for p, n := range lengths {
		if n > 0 {
			s.flush(ctx, p)
		}
	}
	lengths, err = s.outboxLengths(ctx)
	for _, n := range lengths {
		left += n
	}
	return left, err
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
