package feed

import (
	"context"
	"strings"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/store"
)

// Access is what this function may do in Redis.
var Access = store.Declare(store.Access{
	Function: "feed",
	Commands: []string{
		"sadd", "scard", "sismember", "smembers", "smismember", "srem",
		"zrangebylex", "zremrangebyrank", "zrevrange", "zscore",
	},
})

const (
	keepItems = 1000 // newest items of a feed
	backfill  = 100  // newest items that a new follower gets
	batch     = 500  // commands in one trip of a fan-out
)

// feeds is the state of this function.
type feeds struct {
	*store.Store
	popular int64 // more followers than this are not written to one by one
}

// changeItem applies rule to the item of a workout and to its author's posts.
func (f feeds) changeItem(ctx context.Context, author, workout string, rule func(*Item)) (Item, error) {
	var item Item
	err := f.Update(ctx, author, func(t *store.Tx) error {
		item = Item{}
		key := t.Key("item", workout)
		if _, err := t.GetSealed(author, key, &item); err != nil {
			return err
		}
		rule(&item)
		posts, own := t.Key("posts", author), t.Key("own", author)
		t.Write(func(p redis.Pipeliner) {
			if item.Published() {
				p.ZAdd(ctx, posts, redis.Z{Score: store.Score(item.Workout.CreatedAt), Member: workout})
			} else {
				p.ZRem(ctx, posts, workout)
			}
			if item.Shown() {
				p.ZAdd(ctx, own, redis.Z{Score: store.Score(item.Workout.CreatedAt), Member: workout})
			} else {
				p.ZRem(ctx, own, workout)
			}
			p.ZAdd(ctx, t.Key("people"), redis.Z{Member: author})
		})
		return t.SetSealed(author, key, item, 0)
	})
	return item, err
}

// spread brings the feeds in line with an item: into those of the author and
// the followers, or out of them.
func (f feeds) spread(ctx context.Context, item Item) error {
	author := item.Workout.UserID
	readers, err := f.readers(ctx, author, item.Published())
	if err != nil {
		return err
	}
	m := member(author, item.Workout.WorkoutID)
	for len(readers) > 0 {
		n := min(len(readers), batch)
		_, err := f.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, reader := range readers[:n] {
				if item.VisibleTo(reader, true) {
					f.add(ctx, p, reader, redis.Z{Score: store.Score(item.Workout.CreatedAt), Member: m})
				} else {
					p.ZRem(ctx, f.feedKey(reader), m)
				}
			}
			return nil
		})
		if err != nil {
			return store.Wrap(err)
		}
		readers = readers[n:]
	}
	return nil
}

// readers is whose feeds an item is written to. When an author has too many
// followers they are merged at the read instead; an item that is no longer
// published is taken out of all feeds that it may be in.
func (f feeds) readers(ctx context.Context, author string, published bool) ([]string, error) {
	followers := f.Key(author, "followers", author)
	n, err := f.Client().SCard(ctx, followers).Result()
	if err != nil {
		return nil, store.Wrap(err)
	}
	if n > f.popular && published {
		return []string{author}, store.Wrap(f.Client().SAdd(ctx, f.popularKey(), author).Err())
	}
	readers, err := f.Client().SMembers(ctx, followers).Result()
	return append(readers, author), store.Wrap(err)
}

func (f feeds) feedKey(reader string) string { return f.Key(reader, "feed", reader) }
func (f feeds) popularKey() string           { return f.Key("popular", "popular") }

func (f feeds) add(ctx context.Context, p redis.Pipeliner, reader string, items ...redis.Z) {
	if len(items) == 0 {
		return
	}
	p.ZAdd(ctx, f.feedKey(reader), items...)
	p.ZRemRangeByRank(ctx, f.feedKey(reader), 0, -keepItems-1)
}

// relate records a follow on both sides and says what a version older than
// another said before does not change.
func (f feeds) relate(ctx context.Context, e events.Follow, follows bool) error {
	if err := f.mark(ctx, e.FolloweeID, "followers", e.FollowerID, e.Version, follows); err != nil {
		return err
	}
	if err := f.mark(ctx, e.FollowerID, "following", e.FolloweeID, e.Version, follows); err != nil {
		return err
	}
	return f.settle(ctx, e.FollowerID, e.FolloweeID, backfill)
}

// block records a block on the blocker's side; reads ask for it.
func (f feeds) block(ctx context.Context, e events.Block, blocks bool) error {
	return f.mark(ctx, e.BlockerID, "blocks", e.BlockedID, e.Version, blocks)
}

// mark puts another person into a set of the owner's, or takes them out, unless
// something newer was said of the two.
func (f feeds) mark(ctx context.Context, owner, kind, other string, version int64, in bool) error {
	return f.Update(ctx, owner, func(t *store.Tx) error {
		fresh, err := t.Newer(owner, t.Key("versions", kind, owner), other, version)
		if err != nil || !fresh {
			return err
		}
		set := t.Key(kind, owner)
		t.Write(func(p redis.Pipeliner) {
			if in {
				p.SAdd(ctx, set, other)
			} else {
				p.SRem(ctx, set, other)
			}
		})
		return nil
	})
}

// settle brings one author's newest n items into a reader's feed, or all of
// them out of it, by whether the reader follows the author now; and again when that changed
// meanwhile.
func (f feeds) settle(ctx context.Context, reader, author string, n int64) error {
	follows, err := f.follows(ctx, reader, author)
	for err == nil {
		if follows {
			err = f.fill(ctx, reader, f.Key(author, "posts", author), author, n)
		} else {
			err = f.purge(ctx, reader, author)
		}
		if err != nil {
			return err
		}
		before := follows
		if follows, err = f.follows(ctx, reader, author); follows == before {
			return err
		}
	}
	return err
}

func (f feeds) follows(ctx context.Context, reader, author string) (bool, error) {
	yes, err := f.Client().SIsMember(ctx, f.Key(reader, "following", reader), author).Result()
	return yes, store.Wrap(err)
}

// fill brings the newest n of a list of the author's workouts into a feed.
func (f feeds) fill(ctx context.Context, reader, list, author string, n int64) error {
	posts, err := f.Client().ZRevRangeWithScores(ctx, list, 0, n-1).Result()
	if err != nil {
		return store.Wrap(err)
	}
	for i := range posts {
		workout, _ := posts[i].Member.(string)
		posts[i].Member = member(author, workout)
	}
	_, err = f.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		f.add(ctx, p, reader, posts...)
		return nil
	})
	return store.Wrap(err)
}

func (f feeds) purge(ctx context.Context, reader, author string) error {
	all, err := f.Client().ZRange(ctx, f.feedKey(reader), 0, -1).Result()
	if err != nil {
		return store.Wrap(err)
	}
	var gone []any
	for _, m := range all {
		if strings.HasPrefix(m, member(author, "")) {
			gone = append(gone, m)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return store.Wrap(f.Client().ZRem(ctx, f.feedKey(reader), gone...).Err())
}

// name is one person's newest name.
type name struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
}

func (f feeds) saveName(ctx context.Context, p events.ProfileUpdated) error {
	return f.Update(ctx, p.UserID, func(t *store.Tx) error {
		var n name
		key := t.Key("name", p.UserID)
		if _, err := t.GetSealed(p.UserID, key, &n); err != nil || n.Version >= p.Version {
			return err
		}
		people := t.Key("people")
		t.Write(func(pipe redis.Pipeliner) { pipe.ZAdd(ctx, people, redis.Z{Member: p.UserID}) })
		return t.SetSealed(p.UserID, key, name{p.Version, p.DisplayName}, 0)
	})
}
