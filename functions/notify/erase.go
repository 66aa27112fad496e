package notify

import (
	"context"
	"errors"
	"time"

	"paceline/events"
	"paceline/shared/function/seal"
	"paceline/shared/function/store"
)

// erase forgets a person. Others' notes lose them by the end of each follow,
// which social tells of.
func (n notes) erase(ctx context.Context, e events.AccountErased) error {
	user := e.UserID
	return n.UpdateOnce(ctx, user, func(t *store.Tx) error {
		err := t.Erase(user, t.Key("notes", user), t.Key("unread", user), t.Key("followers", user), t.Key("versions", user))
		if err != nil {
			return err
		}
		return t.Emit(events.NotifyErased{Erased: events.Erased(e)})
	})
}

// forget takes a person out of a reader's notes: the notes stay, and say that
// somebody left.
func (n notes) forget(ctx context.Context, reader, gone string) error {
	entries, err := n.Newest(ctx, n.Key(reader, "notes", reader), keepNotes, nil)
	if err != nil {
		return err
	}
	places := make([]store.Place, len(entries))
	for i, e := range entries {
		places[i] = store.Place{Owner: reader, Key: n.Key(reader, "note", reader, e.ID)}
	}
	found, err := store.GetManySealed[Note](ctx, n.Store, places)
	if err != nil {
		return err
	}
	err = n.Update(ctx, reader, func(t *store.Tx) error {
		for i, note := range found {
			if note == nil || note.Actor != gone {
				continue
			}
			if err := t.SetSealed(reader, places[i].Key, note.forget(), max(noteTTL-n.Now().Sub(note.At), time.Second)); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, seal.ErrNoKey) { // the reader is erased, too
		return nil
	}
	return err
}
