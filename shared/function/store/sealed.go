package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/seal"
)

// Keys seals and opens under the keys of people.
func (s *Store) Keys() *seal.Keys { return s.keys }

// Place is a key whose value is sealed, and whose it is.
type Place struct{ Owner, Key string }

// GetSealed reads the sealed JSON value of a key of owner's into v and says
// whether it was there. What was sealed with a key that is destroyed is not.
func (s *Store) GetSealed(ctx context.Context, owner, key string, v any) (bool, error) {
	found, err := s.getSealed(ctx, []Place{{owner, key}})
	if err != nil || found[0] == nil {
		return false, err
	}
	return decode(key, found[0], v, nil)
}

// GetManySealed is GetMany for sealed values: in one trip, with the keys of
// their owners.
func GetManySealed[T any](ctx context.Context, s *Store, places []Place) ([]*T, error) {
	out := make([]*T, len(places))
	found, err := s.getSealed(ctx, places)
	if err != nil {
		return nil, err
	}
	for i, b := range found {
		if b == nil {
			continue
		}
		out[i] = new(T)
		if _, err := decode(places[i].Key, b, out[i], nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// getSealed reads and opens what is at places; what is not there is nil.
func (s *Store) getSealed(ctx context.Context, places []Place) ([][]byte, error) {
	if len(places) == 0 {
		return nil, nil
	}
	owners := make([]string, len(places))
	for i, p := range places {
		owners[i] = p.Owner
	}
	wanted := s.keys.Wanted(owners...)
	values, keys := make([]*redis.StringCmd, len(places)), make([]*redis.StringCmd, len(wanted))
	_, err := s.c.Client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, place := range places {
			values[i] = p.Get(ctx, place.Key)
		}
		for i, owner := range wanted {
			keys[i] = p.Get(ctx, s.personKey(owner))
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, Wrap(err)
	}
	gone := map[string]bool{}
	for i, owner := range wanted {
		if gone[owner], err = s.learn(ctx, owner, keys[i]); err != nil {
			return nil, err
		}
	}
	out := make([][]byte, len(places))
	for i, cmd := range values {
		b, err := cmd.Bytes()
		if errors.Is(err, redis.Nil) || gone[places[i].Owner] {
			continue
		}
		if err != nil {
			return nil, Wrap(err)
		}
		if out[i], err = s.open(ctx, places[i], b); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// learn takes the answer to a GET of an owner's keys and says that there are none.
func (s *Store) learn(ctx context.Context, owner string, get *redis.StringCmd) (gone bool, err error) {
	raw, err := get.Bytes()
	if err != nil && !errors.Is(err, redis.Nil) {
		return false, Wrap(err)
	}
	err = s.keys.Learn(ctx, owner, raw)
	if errors.Is(err, seal.ErrNoKey) {
		return true, nil
	}
	return false, err
}

// open opens one value; nil when its key is destroyed.
func (s *Store) open(ctx context.Context, p Place, sealed []byte) ([]byte, error) {
	b, err := s.keys.Open(ctx, p.Owner, p.Key, sealed)
	if errors.Is(err, seal.ErrNoKey) {
		return nil, nil
	}
	return b, err
}

// GetSealed is Store.GetSealed, and watches the key.
func (t *Tx) GetSealed(owner, key string, v any) (bool, error) {
	var get, keys *redis.StringCmd
	here := partition(owner) == t.p && len(t.s.keys.Wanted(owner)) > 0
	err := t.watch(func(p redis.Pipeliner) {
		get = p.Get(t.ctx, key)
		if here {
			keys = p.Get(t.ctx, t.s.personKey(owner))
		}
	}, key)
	if err != nil {
		return false, err
	}
	b, err := get.Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		b = nil
	case err != nil:
		return false, Wrap(err)
	}
	if here {
		gone, err := t.s.learn(t.ctx, owner, keys)
		if err != nil || gone {
			return false, err
		}
	}
	if b == nil {
		return false, nil
	}
	if b, err = t.s.open(t.ctx, Place{owner, key}, b); err != nil || b == nil {
		return false, err
	}
	return decode(key, b, v, nil)
}

// SetSealed writes the JSON value of a key, sealed for owner; a ttl of 0 keeps
// it for ever. For an owner without a key it is 404, with seal.ErrNoKey.
func (t *Tx) SetSealed(owner, key string, v any, ttl time.Duration) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("store: encode %s: %w", key, err)
	}
	if b, err = t.s.keys.Seal(t.ctx, owner, key, b); err != nil {
		return err
	}
	t.Own(owner, key, ttl)
	t.Write(func(p redis.Pipeliner) { p.Set(t.ctx, key, b, ttl) })
	return nil
}

// SealField is the JSON value of a field of a hash, sealed for owner, whose the
// hash is from then on.
func (t *Tx) SealField(owner, key, field string, v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("store: encode %s %s: %w", key, field, err)
	}
	t.Own(owner, key, 0)
	return t.s.keys.Seal(t.ctx, owner, fieldOf(key, field), b)
}

// OpenField is Store.OpenField.
func (t *Tx) OpenField(owner, key, field string, sealed []byte, v any) (bool, error) {
	return t.s.OpenField(t.ctx, owner, key, field, sealed, v)
}

// OpenField opens a field of a hash that SealField made into v, and says
// whether its key is still there.
func (s *Store) OpenField(ctx context.Context, owner, key, field string, sealed []byte, v any) (bool, error) {
	place := fieldOf(key, field)
	b, err := s.open(ctx, Place{owner, place}, sealed)
	if err != nil || b == nil {
		return false, err
	}
	return decode(place, b, v, nil)
}

// Fields is the fields of a hash that SealField made, opened; those whose key is
// destroyed are not there. The function has to have declared HGETALL.
func (s *Store) Fields(ctx context.Context, owner, key string) (map[string]json.RawMessage, error) {
	sealed, err := s.c.Client.HGetAll(ctx, key).Result()
	if err != nil {
		return nil, Wrap(err)
	}
	out := make(map[string]json.RawMessage, len(sealed))
	for field, b := range sealed {
		var v json.RawMessage
		found, err := s.OpenField(ctx, owner, key, field, []byte(b), &v)
		if err != nil {
			return nil, err
		}
		if found {
			out[field] = v
		}
	}
	return out, nil
}

// fieldOf is the place of a field. No key has a space.
func fieldOf(key, field string) string { return key + " " + field }

// MakeKey makes the keys of a person in the person's partition, for as long as
// ttl (0 is for ever). Accounts alone may.
func (t *Tx) MakeKey(user string, ttl time.Duration) error {
	raw, err := t.s.keys.Make(t.ctx, user)
	if err != nil {
		return err
	}
	key := t.s.personKey(user)
	t.Write(func(p redis.Pipeliner) { p.Set(t.ctx, key, raw, ttl) })
	return nil
}

// KeepKey keeps a person's keys, which were made for a while, for ever.
func (t *Tx) KeepKey(user string) {
	key := t.s.personKey(user)
	t.Write(func(p redis.Pipeliner) { p.Persist(t.ctx, key) })
}

// DestroyKey destroys a person's keys. What they sealed, wherever it lies, is
// noise then; other processes go on with what they remember for seal.KeptFor.
func (t *Tx) DestroyKey(user string) {
	key := t.s.personKey(user)
	t.Write(func(p redis.Pipeliner) { p.Del(t.ctx, key) })
	t.s.keys.Forget(user)
}

// RotateKey gives a person new keys, which seal from then on, and says whether
// there were any. Accounts alone may.
func (t *Tx) RotateKey(user string) (found bool, err error) {
	key := t.s.personKey(user)
	var get *redis.StringCmd
	if err := t.watch(func(p redis.Pipeliner) { get = p.Get(t.ctx, key) }, key); err != nil {
		return false, err
	}
	raw, err := get.Bytes()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, Wrap(err)
	}
	if raw, err = t.s.keys.Rotated(t.ctx, user, raw); err != nil {
		return true, err
	}
	t.Write(func(p redis.Pipeliner) { p.Set(t.ctx, key, raw, redis.KeepTTL) })
	return true, nil
}

// personKey is where an owner's wrapped keys are.
func (s *Store) personKey(owner string) string { return s.PublishedKey(owner, "person", owner) }

// keySource reads wrapped keys from where accounts publishes them.
type keySource struct{ s *Store }

func (k keySource) masterKey() string { return k.s.PublishedKey(masterName, masterName) }

const masterName = "master"

func (k keySource) read(ctx context.Context, key string) ([]byte, error) {
	b, err := k.s.c.Client.Get(ctx, key).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return b, Wrap(err)
}

func (k keySource) create(ctx context.Context, key string, b []byte) ([]byte, error) {
	if err := k.s.c.Client.SetNX(ctx, key, b, 0).Err(); err != nil {
		return nil, Wrap(err)
	}
	return k.read(ctx, key)
}

func (k keySource) Master(ctx context.Context) ([]byte, error) { return k.read(ctx, k.masterKey()) }

func (k keySource) Person(ctx context.Context, owner string) ([]byte, error) {
	return k.read(ctx, k.s.personKey(owner))
}

func (k keySource) CreateMaster(ctx context.Context, b []byte) ([]byte, error) {
	return k.create(ctx, k.masterKey(), b)
}

func (k keySource) CreatePerson(ctx context.Context, owner string, b []byte) ([]byte, error) {
	return k.create(ctx, k.s.personKey(owner), b)
}

func (k keySource) ReplaceMaster(ctx context.Context, old, next []byte) (replaced bool, err error) {
	err = k.s.update(ctx, partition(masterName), func(t *Tx) error {
		var get *redis.StringCmd
		if err := t.watch(func(p redis.Pipeliner) { get = p.Get(ctx, k.masterKey()) }, k.masterKey()); err != nil {
			return err
		}
		now, err := get.Bytes()
		if err != nil && !errors.Is(err, redis.Nil) {
			return Wrap(err)
		}
		if replaced = bytes.Equal(now, old); replaced {
			t.Write(func(p redis.Pipeliner) { p.Set(ctx, k.masterKey(), next, 0) })
		}
		return nil
	})
	return replaced && err == nil, err
}
