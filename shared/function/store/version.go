package store

import (
	"errors"

	"github.com/redis/go-redis/v9"
)

// Newer says whether version is newer than the one that a hash of owner's keeps
// for a field, and if so keeps it: for what comes in any order and must not go
// back. Of an owner who was erased nothing is newer.
func (t *Tx) Newer(owner, key, field string, version int64) (bool, error) {
	if known, err := t.Known(owner); err != nil || !known {
		return false, err
	}
	r, err := t.Read(key)
	if err != nil {
		return false, err
	}
	seen, err := r.HGet(t.ctx, key, field).Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return false, Wrap(err)
	}
	if seen >= version {
		return false, nil
	}
	t.Write(func(p redis.Pipeliner) { p.HSet(t.ctx, key, field, version) })
	return true, nil
}
