package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/fault"
)

// maxRaces bounds how often a change runs again after losing a race.
const maxRaces = 32

// Update runs change against the partition of id and commits what it wrote.
// It answers a conflict when it lost too many races, and "unavailable" when
// the server cannot be reached; in both cases nothing is written.
func (s *Store) Update(ctx context.Context, id string, change func(*Tx) error) error {
	return s.update(ctx, partition(id), change)
}

// UpdateOnce is Update for a handler of events: the event that caused ctx is
// marked as done in the same MULTI, and a redelivery changes nothing. Events
// that the first delivery left in the outbox are published then.
func (s *Store) UpdateOnce(ctx context.Context, id string, change func(*Tx) error) error {
	cause := events.CauseFrom(ctx).ID
	if cause == "" {
		return errors.New("store: UpdateOnce needs an event in its context")
	}
	done := false
	err := s.update(ctx, partition(id), func(t *Tx) error {
		mark := t.Key("done", digest(cause+"\x00"+id)) // others share the partition
		var marks *redis.IntCmd
		if err := t.watch(func(p redis.Pipeliner) { marks = p.Exists(ctx, mark) }, mark); err != nil {
			return err
		}
		if err := marks.Err(); err != nil {
			return Wrap(err)
		}
		if done = marks.Val() > 0; done {
			return nil
		}
		if err := change(t); err != nil {
			return err
		}
		t.Write(func(p redis.Pipeliner) { p.Set(ctx, mark, "1", MarkTTL) })
		return nil
	})
	if err == nil && done {
		if s.c.Duplicate != nil {
			s.c.Duplicate(ctx)
		}
		_ = s.flush(ctx, partition(id)) // what stays is logged, and Sweep's
	}
	return err
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

func (s *Store) update(ctx context.Context, p int, change func(*Tx) error) error {
	for race := range maxRaces {
		sent, err := s.try(ctx, p, change)
		if err == nil {
			_ = s.post(ctx, p, sent) // what stays is logged, and Sweep's
			return nil
		}
		if !errors.Is(err, redis.TxFailedErr) {
			return err
		}
		if err := pause(ctx, race); err != nil {
			return Wrap(err)
		}
	}
	return fault.Conflict("too_busy", "too many changes of the same thing at once; try again").Because(redis.TxFailedErr)
}

// try runs change once, on a connection of its own.
func (s *Store) try(ctx context.Context, p int, change func(*Tx) error) (sent []posted, err error) {
	var keys []string
	if _, ok := s.c.Client.(*redis.ClusterClient); ok {
		keys = []string{s.key(p, "anchor")} // leads to the node; nothing ever writes it
	}
	connected := false
	err = s.c.Client.Watch(ctx, func(r *redis.Tx) error {
		connected = true
		t := &Tx{ctx: ctx, s: s, p: p, redis: r}
		defer t.release()
		if err := change(t); err != nil {
			return asIs(err)
		}
		var err error
		sent, err = t.commit()
		return err
	}, keys...)
	if !connected {
		err = Wrap(err)
	}
	return sent, err
}

// asIs keeps the errors of the change itself and wraps the client's.
func asIs(err error) error {
	var ours *fault.Error
	if errors.As(err, &ours) {
		return err
	}
	var answer redis.Error
	var network net.Error
	if errors.As(err, &answer) || errors.As(err, &network) || errors.Is(err, io.EOF) {
		return Wrap(err)
	}
	return err
}

// pause waits a random while that grows with each lost race.
func pause(ctx context.Context, race int) error {
	if race == 0 {
		return ctx.Err()
	}
	d := time.Duration(rand.Int64N(int64(min(race, 10)) * int64(2*time.Millisecond)))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
