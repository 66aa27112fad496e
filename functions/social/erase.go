package social

import (
	"context"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/store"
)

// erase takes a person out of everybody's lists, and then forgets them. It may
// run again at any point: what is gone is passed over.
func (p people) erase(ctx context.Context, e events.AccountErased) error {
	user := e.UserID
	followees, blocked, err := p.others(ctx, user)
	if err != nil {
		return err
	}
	followers, err := p.Client().HKeys(ctx, p.Key(user, "versions", user)).Result()
	if err != nil {
		return store.Wrap(err)
	}
	blockers, err := p.Client().HKeys(ctx, p.Key(user, "blockversions", user)).Result()
	if err != nil {
		return store.Wrap(err)
	}
	for _, follower := range followers {
		if err := p.forget(ctx, follower, user, dropFollow); err != nil {
			return err
		}
	}
	for _, blocker := range blockers {
		if err := p.forget(ctx, blocker, user, dropBlock); err != nil {
			return err
		}
	}
	for _, other := range followees {
		if err := p.forget(ctx, user, other, dropFollow); err != nil {
			return err
		}
	}
	for _, other := range blocked {
		if err := p.forget(ctx, user, other, dropBlock); err != nil {
			return err
		}
	}
	return p.UpdateOnce(ctx, user, func(t *store.Tx) error {
		err := t.Erase(user, t.Key("following", user), t.Key("followers", user), t.Key("requests", user),
			t.Key("versions", user), t.Key("blocks", user), t.Key("blockversions", user))
		if err != nil {
			return err
		}
		return t.Emit(events.SocialErased{Erased: events.Erased(e)})
	})
}

// others is whom a person ever followed, or asked to, and ever blocked.
func (p people) others(ctx context.Context, user string) (followees, blocked []string, err error) {
	keys, err := p.Owned(ctx, user)
	follows, blocks := p.Key(user, "follow", user, ""), p.Key(user, "block", user, "")
	for _, key := range keys {
		if id, ok := strings.CutPrefix(key, follows); ok {
			followees = append(followees, id)
		}
		if id, ok := strings.CutPrefix(key, blocks); ok {
			blocked = append(blocked, id)
		}
	}
	slices.Sort(followees)
	slices.Sort(blocked)
	return followees, blocked, err
}

// forget removes what one person's side has of another. Each has a cause of its
// own, since a follow of the erased is an event about them for every follower.
func (p people) forget(ctx context.Context, owner, other string, drop func(ctx context.Context, t *store.Tx, owner, other string) error) error {
	cause := events.CauseFrom(ctx)
	cause.ID += " " + owner + " " + other
	ctx = events.WithCause(ctx, cause)
	return p.Update(ctx, owner, func(t *store.Tx) error { return drop(ctx, t, owner, other) })
}

// dropFollow ends a follow for good, and tells of it whatever its state was:
// somebody may still show what it once led to.
func dropFollow(ctx context.Context, t *store.Tx, follower, followee string) error {
	key, list := t.Key("follow", follower, followee), t.Key("following", follower)
	var r Relation
	if found, err := t.Get(key, &r); err != nil || !found {
		return err
	}
	r.become(None, t.Now())
	t.Disown(follower, key)
	t.Write(func(pipe redis.Pipeliner) { pipe.ZRem(ctx, list, followee) })
	return t.Emit(r.event(follower, followee, false))
}

// dropBlock ends a block for good.
func dropBlock(ctx context.Context, t *store.Tx, blocker, blocked string) error {
	key, list := t.Key("block", blocker, blocked), t.Key("blocks", blocker)
	var b Block
	if found, err := t.Get(key, &b); err != nil || !found {
		return err
	}
	b.Blocked, b.At, b.Version = false, t.Now(), b.Version+1
	t.Disown(blocker, key)
	t.Write(func(pipe redis.Pipeliner) { pipe.ZRem(ctx, list, blocked) })
	return t.Emit(b.event(blocker, blocked))
}
