package stats

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"paceline/functions/stats/segment"
	"paceline/shared/function/store"
)

// Where people were is sealed, and so an index by place is not one by places, but
// by names that tell nobody which they are: hashes under a key that follows from
// the master.

// tileNames are the keys that tiles are named under, the newest first.
type tileNames [][]byte

func (w workouts) tileNames(ctx context.Context) (tileNames, error) {
	keys, err := w.Keys().Lookup(ctx, "tile", "names")
	var out tileNames
	for _, k := range keys {
		out = append(out, []byte(k))
	}
	return out, err
}

func named(key []byte, t segment.Tile) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(t.String()))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// written is the name under which something is entered.
func (n tileNames) written(t segment.Tile) string { return named(n[0], t) }

// sought is the names under which something may have been entered.
func (n tileNames) sought(t segment.Tile) []string {
	out := make([]string, len(n))
	for i, key := range n {
		out[i] = named(key, t)
	}
	return out
}

// start is a segment as the index knows it.
type start struct{ id, sport, finish string }

// startsIn are the segments that begin in tiles.
func (w workouts) startsIn(ctx context.Context, names tileNames, tiles []segment.Tile) ([]start, error) {
	var cmds []*redis.MapStringStringCmd
	_, err := w.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, t := range tiles {
			for _, name := range names.sought(t) {
				cmds = append(cmds, p.HGetAll(ctx, w.Key(name, "starts", name)))
			}
		}
		return nil
	})
	var out []start
	for _, cmd := range cmds {
		for id, v := range cmd.Val() {
			sport, finish, _ := strings.Cut(v, " ")
			out = append(out, start{id, sport, finish})
		}
	}
	return out, store.Wrap(err)
}

// roam enters a person into the regions that a path touched, where they are not
// yet.
func (w workouts) roam(ctx context.Context, user string, names tileNames, path *segment.Path) error {
	var fresh []any
	regions := path.Regions()
	known := make([]*redis.BoolCmd, len(regions))
	_, err := w.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, t := range regions {
			known[i] = p.SIsMember(ctx, w.Key(user, "regions", user), names.written(t))
		}
		return nil
	})
	if err != nil {
		return store.Wrap(err)
	}
	for i, t := range regions {
		if !known[i].Val() {
			fresh = append(fresh, names.written(t))
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	// The person's own list is first, so that an erasure finds the entry.
	if err := w.Update(ctx, user, func(t *store.Tx) error {
		known, err := t.Known(user)
		if err != nil || !known {
			fresh = nil
			return err
		}
		t.Own(user, t.Key("regions", user), 0)
		t.Write(func(p redis.Pipeliner) { p.SAdd(ctx, t.Key("regions", user), fresh...) })
		return nil
	}); err != nil {
		return err
	}
	for _, name := range fresh {
		name := name.(string) //nolint:forcetypeassert // they are, see above
		err := w.Update(ctx, name, func(t *store.Tx) error {
			t.Write(func(p redis.Pipeliner) { p.ZAdd(ctx, t.Key("people", name), redis.Z{Member: user}) })
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// peopleIn are the next few people who were in a region, by any of its names.
func (w workouts) peopleIn(ctx context.Context, names []string, after string) (people []string, more bool, err error) {
	by := &redis.ZRangeBy{Min: "-", Max: "+", Count: seekers + 1}
	if after != "" {
		by.Min = "(" + after
	}
	for _, name := range names {
		found, err := w.Client().ZRangeByLex(ctx, w.Key(name, "people", name), by).Result()
		if err != nil {
			return nil, false, store.Wrap(err)
		}
		people = append(people, found...)
	}
	slices.Sort(people)
	people = slices.Compact(people)
	if more = len(people) > seekers; more {
		people = people[:seekers]
	}
	return people, more, nil
}
