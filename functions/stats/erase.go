package stats

import (
	"context"
	"strings"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/store"
)

// erase forgets a person: whose each workout was, then all else. It may run
// again at any point.
func (w workouts) erase(ctx context.Context, e events.AccountErased) error {
	user := e.UserID
	keys, err := w.Owned(ctx, user)
	if err != nil {
		return err
	}
	for _, key := range keys {
		id, ok := strings.CutPrefix(key, w.Key(user, "workout", ""))
		if !ok {
			continue
		}
		if err := w.Update(ctx, id, func(t *store.Tx) error { t.Del(t.Key("owner", id)); return nil }); err != nil {
			return err
		}
	}
	if err := w.forgetPlaces(ctx, user); err != nil {
		return err
	}
	return w.UpdateOnce(ctx, user, func(t *store.Tx) error {
		err := t.Erase(user, t.Key("list", user), t.Key("segments", user), t.Key("following", user), t.Key("followingversions", user),
			t.Key("followers", user), t.Key("versions", user), t.Key("blocks", user), t.Key("blockversions", user))
		if err != nil {
			return err
		}
		t.Write(func(p redis.Pipeliner) { p.ZRem(ctx, t.Key("people"), user) })
		return t.Emit(events.StatsErased{Erased: events.Erased(e)})
	})
}
