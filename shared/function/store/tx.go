package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
)

// Tx is one change of one partition. What it reads is watched; what it writes
// is sent in one MULTI when the change returns nil, and not at all otherwise.
type Tx struct {
	ctx      context.Context
	s        *Store
	p        int
	redis    *redis.Tx
	watching bool // the connection holds watches that somebody must let go
	writes   []func(redis.Pipeliner)
	outbox   []events.Envelope // as handlers see them, not sealed yet
}

// Key is the key of parts in the transaction's partition.
func (t *Tx) Key(parts ...string) string { return t.s.key(t.p, parts...) }

// PublishedKey is Store.PublishedKey in the transaction's partition.
func (t *Tx) PublishedKey(parts ...string) string { return published(t.p, parts...) }

// Now is the store's clock.
func (t *Tx) Now() time.Time { return t.s.Now() }

// Get reads the JSON value of a key into v, watches it and says whether it was there.
func (t *Tx) Get(key string, v any) (bool, error) {
	var get *redis.StringCmd
	if err := t.watch(func(p redis.Pipeliner) { get = p.Get(t.ctx, key) }, key); err != nil {
		return false, err
	}
	b, err := get.Bytes()
	return decode(key, b, v, err)
}

// Read watches keys and returns what to read them with.
func (t *Tx) Read(keys ...string) (redis.Cmdable, error) {
	if err := t.watch(func(redis.Pipeliner) {}, keys...); err != nil {
		return nil, err
	}
	return t.redis, nil
}

// watch sends WATCH and the reads of what it watches in one trip. The client
// does not know of a WATCH inside a pipeline, so that letting go is up to us.
func (t *Tx) watch(read func(redis.Pipeliner), keys ...string) error {
	args := make([]any, 1, 1+len(keys))
	args[0] = "watch"
	for _, k := range keys {
		args = append(args, k)
	}
	t.watching = true
	var watched *redis.Cmd
	_, _ = t.redis.Pipelined(t.ctx, func(p redis.Pipeliner) error { // each command keeps its own error
		watched = p.Do(t.ctx, args...)
		read(p)
		return nil
	})
	return Wrap(watched.Err())
}

// release lets go of what is still watched, so that the next user of the
// connection does not lose a race that is not its own.
func (t *Tx) release() {
	if t.watching {
		_ = t.redis.Unwatch(context.WithoutCancel(t.ctx)) // a connection that fails here is not used again
	}
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
// ids follow from the cause in the context, the type and the subject: two
// different events of one type about one thing in one change are an error,
// since receivers would take the second for a copy of the first.
func (t *Tx) Emit(payloads ...events.Payload) error {
	for _, p := range payloads {
		e, err := events.New(t.ctx, t.s.c.Function, p, t.Now())
		if err != nil {
			return err
		}
		same := slices.IndexFunc(t.outbox, func(o events.Envelope) bool { return o.ID == e.ID })
		switch {
		case same < 0:
			t.outbox = append(t.outbox, e)
		case !bytes.Equal(t.outbox[same].Data, e.Data):
			return fmt.Errorf("store: a change emits two different %s about %q", e.Type, e.Subject)
		}
	}
	return nil
}

// Forward puts an event into the outbox as it is, under its own id.
func (t *Tx) Forward(e events.Envelope) { t.outbox = append(t.outbox, e) }

// commit sends the MULTI. Redis has no way back from a command that fails in
// the middle of it (a wrong type, say): that is a fault of the change, and
// what came before and after it stays.
func (t *Tx) commit() ([]posted, error) {
	if len(t.writes) == 0 && len(t.outbox) == 0 {
		return nil, nil
	}
	if err := t.ctx.Err(); err != nil {
		return nil, Wrap(err)
	}
	sealed, entries, err := t.encodeOutbox()
	if err != nil {
		return nil, err
	}
	adds := make([]*redis.StringCmd, len(entries))
	cmds, err := t.redis.TxPipelined(t.ctx, func(p redis.Pipeliner) error {
		for _, w := range t.writes {
			w(p)
		}
		for i, b := range entries {
			adds[i] = p.XAdd(t.ctx, &redis.XAddArgs{Stream: t.s.outboxKey(t.p), Values: []any{"event", b}})
		}
		return nil
	})
	if err == nil || errors.Is(err, redis.TxFailedErr) || redis.IsExecAbortError(err) {
		t.watching = false // EXEC let go
	}
	switch {
	case errors.Is(err, redis.TxFailedErr):
		return nil, err
	case err != nil:
		return nil, Wrap(abortedBy(cmds, err))
	}
	sent := make([]posted, len(adds))
	for i, add := range adds {
		sent[i] = posted{id: add.Val(), event: sealed[i]}
	}
	return sent, nil
}

// encodeOutbox seals the events and writes them as the outbox keeps them.
func (t *Tx) encodeOutbox() (sealed []events.Envelope, entries [][]byte, err error) {
	for _, e := range t.outbox {
		if e, err = t.s.keys.SealEvent(t.ctx, e); err != nil {
			return nil, nil, err
		}
		b, err := json.Marshal(e)
		if err != nil {
			return nil, nil, fmt.Errorf("store: encode event: %w", err)
		}
		sealed, entries = append(sealed, e), append(entries, b)
	}
	return sealed, entries, nil
}

// abortedBy is why the server refused a MULTI: what it answered to the first
// command that it did not queue, such as OOM.
func abortedBy(cmds []redis.Cmder, err error) error {
	if !redis.IsExecAbortError(err) {
		return err
	}
	for _, c := range cmds {
		if own := c.Err(); own != nil && !redis.IsExecAbortError(own) {
			return own
		}
	}
	return err
}
