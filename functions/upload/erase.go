package upload

import (
	"context"

	"paceline/events"
	"paceline/shared/function/store"
)

// erase forgets a person: the state first, so that it never points to an object
// that is not there, then every object under the person's own prefixes. It may
// run again at any point, and answers when all of that is done.
func (f *upload) erase(ctx context.Context, e events.AccountErased) error {
	user := e.UserID
	err := f.workouts.Update(ctx, user, func(t *store.Tx) error { return t.Erase(user, t.Key("used", user)) })
	if err != nil {
		return err
	}
	for _, prefix := range Objects.Writes {
		if err := away(f.shelf.RemoveAll(ctx, prefix+user+"/")); err != nil {
			return err
		}
	}
	return f.workouts.UpdateOnce(ctx, user, func(t *store.Tx) error {
		return t.Emit(events.UploadErased{Erased: events.Erased(e)})
	})
}
