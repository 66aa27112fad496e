package feed

import (
	"context"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/store"
)

// erase takes a person's items out of the feeds of those who followed them, and
// then forgets the person. It may run again at any point.
func (f feeds) erase(ctx context.Context, e events.AccountErased) error {
	user := e.UserID
	readers, err := f.Client().SMembers(ctx, f.Key(user, "followers", user)).Result()
	if err != nil {
		return store.Wrap(err)
	}
	for _, reader := range readers {
		if err := f.purge(ctx, reader, user); err != nil {
			return err
		}
	}
	if err := f.Client().SRem(ctx, f.popularKey(), user).Err(); err != nil {
		return store.Wrap(err)
	}
	return f.UpdateOnce(ctx, user, func(t *store.Tx) error {
		keys := []string{f.feedKey(user), t.Key("posts", user), t.Key("own", user)}
		for _, kind := range []string{"followers", "following", "blocks"} {
			keys = append(keys, t.Key(kind, user), t.Key("versions", kind, user))
		}
		if err := t.Erase(user, keys...); err != nil {
			return err
		}
		t.Write(func(p redis.Pipeliner) { p.ZRem(ctx, t.Key("people"), user) })
		return t.Emit(events.FeedErased{Erased: events.Erased(e)})
	})
}
