package social

import (
	"context"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/fault"
	"paceline/shared/function/store"
)

// Access is what this function may do in Redis.
var Access = store.Declare(store.Access{Function: "social", Commands: []string{"hkeys", "zcard", "zscore"}})

// people is the state of this function.
type people struct{ *store.Store }

// profile reads a person's profile; nobody of that id is a *fault.Error.
func (p people) profile(ctx context.Context, id string) (Profile, error) {
	var out Profile
	found, err := p.GetSealed(ctx, id, p.Key(id, "profile", id), &out)
	if err == nil && !found {
		err = errUser()
	}
	return out, err
}

func errUser() error { return fault.NotFound("user_not_found", "there is no such person") }

// saveProfile keeps the newest version.
func (p people) saveProfile(ctx context.Context, next Profile) error {
	return p.UpdateOnce(ctx, next.UserID, func(t *store.Tx) error {
		key := t.Key("profile", next.UserID)
		var now Profile
		found, err := t.GetSealed(next.UserID, key, &now)
		if err != nil || (found && now.Version >= next.Version) {
			return err
		}
		return t.SetSealed(next.UserID, key, next, 0)
	})
}

// change applies rule to the follow of followee by follower, on the follower's
// side, and tells the others when it changed something.
func (p people) change(ctx context.Context, follower, followee string, rule func(*Relation) (bool, error)) (Relation, error) {
	var out Relation
	err := p.Update(ctx, follower, func(t *store.Tx) (err error) {
		out, err = changeFollow(ctx, t, follower, followee, rule)
		return err
	})
	return out, err
}

// changeFollow is change within a change of the follower's partition.
func changeFollow(ctx context.Context, t *store.Tx, follower, followee string, rule func(*Relation) (bool, error)) (Relation, error) {
	key := t.Key("follow", follower, followee)
	var r Relation
	if _, err := t.Get(key, &r); err != nil {
		return r, err
	}
	before := r.State
	changed, err := rule(&r)
	if err != nil || !changed {
		return r, err
	}
	list := t.Key("following", follower)
	t.Write(func(pipe redis.Pipeliner) {
		if r.State == Following {
			pipe.ZAdd(ctx, list, redis.Z{Score: store.Score(r.At), Member: followee})
		} else {
			pipe.ZRem(ctx, list, followee)
		}
	})
	t.Own(follower, key, 0)
	if err := t.Set(key, r, 0); err != nil {
		return r, err
	}
	return r, t.Emit(r.event(follower, followee, before == Requested && r.State == Following))
}

// mirror brings a follow to the followee's side, unless a newer one is there.
func (p people) mirror(ctx context.Context, f events.Follow, s State) error {
	return p.UpdateOnce(ctx, f.FolloweeID, func(t *store.Tx) error {
		fresh, err := t.Newer(f.FolloweeID, t.Key("versions", f.FolloweeID), f.FollowerID, f.Version)
		if err != nil || !fresh {
			return err
		}
		lists := map[State]string{Following: t.Key("followers", f.FolloweeID), Requested: t.Key("requests", f.FolloweeID)}
		t.Write(func(pipe redis.Pipeliner) {
			for state, list := range lists {
				if state == s {
					pipe.ZAdd(ctx, list, redis.Z{Score: store.Score(f.At), Member: f.FollowerID})
				} else {
					pipe.ZRem(ctx, list, f.FollowerID)
				}
			}
		})
		return nil
	})
}

// relation reads the follow of followee by follower.
func (p people) relation(ctx context.Context, follower, followee string) (Relation, error) {
	r := Relation{State: None}
	_, err := p.Get(ctx, p.Key(follower, "follow", follower, followee), &r)
	return r, err
}

// count is how many entries a list of a person has.
func (p people) count(ctx context.Context, kind, id string) (int64, error) {
	n, err := p.Client().ZCard(ctx, p.Key(id, kind, id)).Result()
	return n, store.Wrap(err)
}
