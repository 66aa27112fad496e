package store

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/seal"
)

// maxDel is how many keys one DEL has.
const maxDel = 1000

// Own remembers that a key of the transaction is a person's, for as long as it
// is kept (0 is for ever), so that Erase finds it. SetSealed and SealField do it
// by themselves; what is in another partition than the person's is not found.
func (t *Tx) Own(owner, key string, ttl time.Duration) {
	if partition(owner) != t.p || owner == seal.Platform {
		return
	}
	list, now := t.Key("owned", owner), t.Now()
	until := math.Inf(1)
	if ttl > 0 {
		until = Score(now.Add(ttl))
	}
	t.Write(func(p redis.Pipeliner) {
		p.ZAdd(t.ctx, list, redis.Z{Score: until, Member: key})
		p.ZRemRangeByScore(t.ctx, list, "-inf", "("+strconv.FormatInt(now.UnixMilli(), 10))
	})
}

// Disown removes a key that Own was told of.
func (t *Tx) Disown(owner, key string) {
	t.Del(key)
	list := t.Key("owned", owner)
	t.Write(func(p redis.Pipeliner) { p.ZRem(t.ctx, list, key) })
}

// Owned is the keys of a person that the function keeps, as Own was told.
func (s *Store) Owned(ctx context.Context, owner string) ([]string, error) {
	keys, err := s.c.Client.ZRange(ctx, s.Key(owner, "owned", owner), 0, -1).Result()
	return keys, Wrap(err)
}

// Erase removes every key of a person that Own was told of, and others in the
// person's partition.
func (t *Tx) Erase(owner string, others ...string) error {
	list := t.Key("owned", owner)
	r, err := t.Read(list)
	if err != nil {
		return err
	}
	keys, err := r.ZRange(t.ctx, list, 0, -1).Result()
	if err != nil {
		return Wrap(err)
	}
	for some := range slices.Chunk(append(append(keys, list), others...), maxDel) {
		t.Del(some...)
	}
	t.s.keys.Forget(owner)
	return nil
}

// Known says whether a person of the transaction's partition has keys, and
// watches that: of whom was erased nothing is kept any more.
func (t *Tx) Known(owner string) (bool, error) {
	var there *redis.IntCmd
	key := t.s.personKey(owner)
	if err := t.watch(func(p redis.Pipeliner) { there = p.Exists(t.ctx, key) }, key); err != nil {
		return false, err
	}
	n, err := there.Result()
	return n > 0, Wrap(err)
}

// Known is Tx.Known for anybody, as the store says now.
func (s *Store) Known(ctx context.Context, owner string) (bool, error) {
	n, err := s.c.Client.Exists(ctx, s.personKey(owner)).Result()
	return n > 0, Wrap(err)
}
