package mail

import (
	"context"

	"paceline/events"
	"paceline/shared/function/store"
)

// erase forgets a person. What became of their mails expires by itself: it names
// nobody.
func (s post) erase(ctx context.Context, e events.AccountErased) error {
	return s.UpdateOnce(ctx, e.UserID, func(t *store.Tx) error {
		if err := t.Erase(e.UserID); err != nil {
			return err
		}
		return t.Emit(events.MailErased{Erased: events.Erased(e)})
	})
}
