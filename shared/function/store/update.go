package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
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

// Tx is one change of one partition. What it reads is watched; what it writes
// is sent in one MULTI when the change returns nil, and not at all otherwise.
type Tx struct {
	ctx    context.Context
	s      *Store
	p      int
	redis  *redis.Tx
	writes []func(redis.Pipeliner)
	outbox []events.Envelope
}

// Key is the key of parts in the transaction's partition.
func (t *Tx) Key(parts ...string) string { return t.s.key(t.p, parts...) }

// Now is the store's clock.
func (t *Tx) Now() time.Time { return t.s.Now() }

// Get reads the JSON value of a key into v, watches it and says whether it was there.
func (t *Tx) Get(key string, v any) (bool, error) {
	r, err := t.Read(key)
	if err != nil {
		return false, err
	}
	b, err := r.Get(t.ctx, key).Bytes()
	return decode(key, b, v, err)
}

// Read watches keys and returns what to read them with.
func (t *Tx) Read(keys ...string) (redis.Cmdable, error) {
	if err := t.redis.Watch(t.ctx, keys...).Err(); err != nil {
		return nil, Wrap(err)
	}
	return t.redis, nil
}

// Set writes the JSON value of a key; a ttl of 0 keeps it for ever.
func (t *Tx) Set(key string, v any, ttl time.Duration) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("store: encode %s: %w", key, err)
	}
	t.Write(func(p redis.Pipeliner) { p.Set(t.ctx, key, b, ttl) })
	return nil
}

// Del removes keys.
func (t *Tx) Del(keys ...string) {
	t.Write(func(p redis.Pipeliner) { p.Del(t.ctx, keys...) })
}

// Write adds commands to the MULTI. Their keys come from Key.
func (t *Tx) Write(commands func(p redis.Pipeliner)) { t.writes = append(t.writes, commands) }

// Emit puts events into the outbox of the partition, in the same MULTI. Their
// ids follow from the cause in the context.
func (t *Tx) Emit(payloads ...events.Payload) error {
	for _, p := range payloads {
		e, err := events.New(t.ctx, t.s.c.Function, p, t.Now())
		if err != nil {
			return err
		}
		t.outbox = append(t.outbox, e)
	}
	return nil
}

// Forward puts an event into the outbox as it is, under its own id.
func (t *Tx) Forward(e events.Envelope) { t.outbox = append(t.outbox, e) }

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
		mark := t.Key("done", digest(cause))
		r, err := t.Read(mark)
		if err != nil {
			return err
		}
		n, err := r.Exists(ctx, mark).Result()
		if err != nil {
			return Wrap(err)
		}
		if done = n > 0; done {
			return nil
		}
		if err := change(t); err != nil {
			return err
		}
		t.Write(func(p redis.Pipeliner) { p.Set(ctx, mark, "1", MarkTTL) })
		return nil
	})
	if err == nil && done {
		s.flush(ctx, partition(id))
	}
	return err
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

func (s *Store) update(ctx context.Context, p int, change func(*Tx) error) error {
	// WATCH needs a key to find the cluster's node; nothing ever writes this one.
	anchor := s.key(p, "anchor")
	for race := range maxRaces {
		var sent []posted
		err := s.c.Client.Watch(ctx, func(r *redis.Tx) error {
			t := &Tx{ctx: ctx, s: s, p: p, redis: r}
			if err := change(t); err != nil {
				return err
			}
			var err error
			sent, err = t.commit()
			return err
		}, anchor)
		if err == nil {
			s.post(ctx, p, sent)
			return nil
		}
		if !errors.Is(err, redis.TxFailedErr) {
			return asIs(err)
		}
		if err := pause(ctx, race); err != nil {
			return Wrap(err)
		}
	}
	return fault.Conflict("too_busy", "too many changes of the same thing at once; try again").Because(redis.TxFailedErr)
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

func (t *Tx) commit() ([]posted, error) {
	if len(t.writes) == 0 && len(t.outbox) == 0 {
		return nil, nil
	}
	adds := make([]*redis.StringCmd, len(t.outbox))
	_, err := t.redis.TxPipelined(t.ctx, func(p redis.Pipeliner) error {
		for _, w := range t.writes {
			w(p)
		}
		for i, e := range t.outbox {
			b, err := json.Marshal(e)
			if err != nil {
				return fmt.Errorf("store: encode event: %w", err)
			}
			adds[i] = p.XAdd(t.ctx, &redis.XAddArgs{Stream: t.s.outboxKey(t.p), Values: []any{"event", b}})
		}
		return nil
	})
	if err != nil {
		if errors.Is(err, redis.TxFailedErr) {
			return nil, err
		}
		return nil, Wrap(err)
	}
	sent := make([]posted, len(adds))
	for i, add := range adds {
		sent[i] = posted{id: add.Val(), event: t.outbox[i]}
	}
	return sent, nil
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
