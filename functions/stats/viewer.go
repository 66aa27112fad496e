package stats

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/identity"
	"paceline/shared/function/store"
	"paceline/shared/privacy"
)

// Grant is what a person lets a coach see. It outlives its end, so that an older
// event does not bring it back.
type Grant struct {
	Version int64               `json:"version"`
	Granted bool                `json:"granted"`
	Scopes  []events.CoachScope `json:"scopes,omitempty"`
}

// viewer is how a caller stands to a person now. A grant counts while the caller
// holds the role coach.
func (w workouts) viewer(ctx context.Context, reader identity.Caller, user string) (privacy.Viewer, error) {
	if reader.UserID == user {
		return privacy.Viewer{Owner: true}, nil
	}
	var follows, blocks, blocked *redis.BoolCmd
	var grant *redis.StringCmd
	_, err := w.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		follows = p.SIsMember(ctx, w.Key(user, "followers", user), reader.UserID)
		blocks = p.SIsMember(ctx, w.Key(user, "blocks", user), reader.UserID)
		blocked = p.SIsMember(ctx, w.Key(reader.UserID, "blocks", reader.UserID), user)
		grant = p.Get(ctx, w.Key(user, "coach", user, reader.UserID))
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return privacy.Viewer{}, store.Wrap(err)
	}
	v := privacy.Viewer{Follows: follows.Val(), Blocked: blocks.Val() || blocked.Val()}
	if b, err := grant.Bytes(); err == nil && reader.Has(identity.Coach) {
		var g Grant
		if err := json.Unmarshal(b, &g); err != nil {
			return privacy.Viewer{}, err
		}
		v.Coach, v.Scopes = g.Granted, g.Scopes
	}
	return v, nil
}

// follow keeps who may see a person's workouts for followers.
func (w workouts) follow(ctx context.Context, e events.Follow, follows bool) error {
	if err := w.relate(ctx, e.FollowerID, "following", "followingversions", e.FolloweeID, e.Version, follows); err != nil {
		return err
	}
	return w.relate(ctx, e.FolloweeID, "followers", "versions", e.FollowerID, e.Version, follows)
}

// block keeps whom a person has blocked.
func (w workouts) block(ctx context.Context, e events.Block, blocks bool) error {
	return w.relate(ctx, e.BlockerID, "blocks", "blockversions", e.BlockedID, e.Version, blocks)
}

// relate puts another person into a set of the user's, or takes them out, unless
// something newer was said of the two.
func (w workouts) relate(ctx context.Context, user, kind, versions, other string, version int64, in bool) error {
	return w.UpdateOnce(ctx, user, func(t *store.Tx) error {
		fresh, err := t.Newer(user, t.Key(versions, user), other, version)
		if err != nil || !fresh {
			return err
		}
		set := t.Key(kind, user)
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

// coach keeps the newest of what a person lets a coach see.
func (w workouts) coach(ctx context.Context, e events.Coaching, next Grant) error {
	return w.UpdateOnce(ctx, e.AthleteID, func(t *store.Tx) error {
		key := t.Key("coach", e.AthleteID, e.CoachID)
		if known, err := t.Known(e.AthleteID); err != nil || !known {
			return err
		}
		var now Grant
		if _, err := t.Get(key, &now); err != nil || now.Version >= next.Version {
			return err
		}
		t.Own(e.AthleteID, key, 0)
		return t.Set(key, next, 0)
	})
}
