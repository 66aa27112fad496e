package notify

import (
	"context"
	"net/http"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/export"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// Open opens the notify function.
func Open(_ context.Context, e function.Env) (*function.Function, error) {
	base, err := function.OpenBase(e, "notify")
	if err != nil {
		return nil, err
	}
	f := &notify{base: base, notes: notes{base.Store}}
	mux := http.NewServeMux()
	mux.Handle("GET /v1/notifications", rest.Handler(f.list))
	mux.Handle("POST /v1/notifications/read", rest.Command(base.Store, f.read))
	mux.Handle("GET /v1/notifications/settings", rest.Handler(f.settings))
	mux.Handle("PUT /v1/notifications/settings", rest.Command(base.Store, f.choose))
	return base.Function(mux,
		eventing.On(f.processed),
		eventing.On(f.failed),
		eventing.On(f.recordSet),
		eventing.On(f.goalReached),
		eventing.On(f.gearWorn),
		eventing.On(f.rankChanged),
		eventing.On(f.imported),
		eventing.On(f.updated),
		eventing.On(f.deleted),
		eventing.On(f.requested),
		eventing.On(f.followed),
		eventing.On(f.unfollowed),
		eventing.On(f.notes.savePerson),
		eventing.On(f.notes.erase),
		export.From(base.Store, func(e events.Exported) events.Payload { return events.NotifyExported{Exported: e} }, nil),
	), nil
}

type notify struct {
	base  *function.Base
	notes notes
}

func (f *notify) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	list := "notes"
	switch unread := r.URL.Query().Get("unread"); unread {
	case "", "false":
	case "true":
		list = "unread"
	default:
		return rest.Parameter("unread", "true or false")
	}
	entries, last, err := f.notes.Page(ctx, f.notes.Key(identity.UserID(r), list, identity.UserID(r)), page.Limit, page.After)
	if err != nil {
		return err
	}
	out := api.NotificationList{}
	if out.Items, err = f.render(ctx, identity.UserID(r), entries); err != nil {
		return err
	}
	if last != nil {
		out.NextCursor = rest.Cursor(last.Position())
	}
	if out.UnreadCount, err = f.notes.Client().ZCard(ctx, f.notes.Key(identity.UserID(r), "unread", identity.UserID(r))).Result(); err != nil {
		return store.Wrap(err)
	}
	return rest.JSON(w, http.StatusOK, out)
}

// render loads notes and writes them in the person's language.
func (f *notify) render(ctx context.Context, user string, entries []store.Entry) ([]api.Notification, error) {
	out := make([]api.Notification, 0, len(entries))
	if len(entries) == 0 {
		return out, nil
	}
	reader, err := f.notes.person(ctx, user)
	if err != nil {
		return nil, err
	}
	places, ids := make([]store.Place, len(entries)), make([]string, len(entries))
	for i, e := range entries {
		places[i], ids[i] = store.Place{Owner: user, Key: f.notes.Key(user, "note", user, e.ID)}, e.ID
	}
	found, err := store.GetManySealed[Note](ctx, f.notes.Store, places)
	if err != nil {
		return nil, err
	}
	// A score is never 0 here, so 0 is what is not in the set.
	unread, err := f.notes.Client().ZMScore(ctx, f.notes.Key(user, "unread", user), ids...).Result()
	if err != nil {
		return nil, store.Wrap(err)
	}
	for i, n := range found {
		if n == nil {
			continue
		}
		a := api.Notification{ID: n.ID, Kind: n.Kind, Text: n.sentence(reader.Locale), CreatedAt: n.At, Read: unread[i] == 0, WorkoutID: n.WorkoutID}
		if n.Actor != "" {
			a.User = &api.UserSummary{UserID: n.Actor, DisplayName: n.ActorName}
		}
		out = append(out, a)
	}
	return out, nil
}

func (f *notify) read(w http.ResponseWriter, r *http.Request) error {
	var in api.ReadNotificationsRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	if in.All == (len(in.Ids) > 0) || len(in.Ids) > keepNotes {
		return fault.Invalid("invalid_member", "say either all or up to %d ids", keepNotes)
	}
	if err := f.notes.read(r.Context(), identity.UserID(r), in.Ids); err != nil {
		return err
	}
	return rest.NoContent(w)
}

func (f *notify) settings(w http.ResponseWriter, r *http.Request) error {
	var c Choice
	if _, err := f.notes.Get(r.Context(), f.notes.Key(identity.UserID(r), "choice", identity.UserID(r)), &c); err != nil {
		return err
	}
	rest.SetETag(w, c.Version)
	return rest.JSON(w, http.StatusOK, c.all())
}

func (f *notify) choose(w http.ResponseWriter, r *http.Request) error {
	var in api.NotificationSettings
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	var c Choice
	err := f.notes.Update(r.Context(), identity.UserID(r), func(t *store.Tx) error {
		c = Choice{}
		key := t.Key("choice", identity.UserID(r))
		if _, err := t.Get(key, &c); err != nil {
			return err
		}
		if err := rest.CheckIfMatch(r, c.Version); err != nil {
			return err
		}
		if err := c.Choose(in.Kinds); err != nil {
			return err
		}
		t.Own(identity.UserID(r), key, 0)
		return t.Set(key, c, 0)
	})
	if err != nil {
		return err
	}
	rest.SetETag(w, c.Version)
	return rest.JSON(w, http.StatusOK, c.all())
}
