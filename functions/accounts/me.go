package accounts

import (
	"net/http"

	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

func caller(r *http.Request) identity.Caller { return identity.CallerFrom(r.Context()) }

func (f *accounts) me(w http.ResponseWriter, r *http.Request) error {
	a, err := f.people.account(r.Context(), caller(r).UserID)
	if err != nil {
		return err
	}
	rest.SetETag(w, a.Version)
	return rest.JSON(w, http.StatusOK, a.me())
}

func (f *accounts) updateMe(w http.ResponseWriter, r *http.Request) error {
	var in api.UpdateMeRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	a, err := f.people.change(r.Context(), caller(r).UserID, func(t *store.Tx, a *Account) error {
		if err := rest.CheckIfMatch(r, a.Version); err != nil {
			return err
		}
		if err := a.Change(in); err != nil {
			return err
		}
		return t.Emit(a.profile(f.now()))
	})
	if err != nil {
		return err
	}
	rest.SetETag(w, a.Version)
	return rest.JSON(w, http.StatusOK, a.me())
}

func errSession() error { return fault.NotFound("session_not_found", "there is no such session") }

func (f *accounts) sessions(w http.ResponseWriter, r *http.Request) error {
	return f.sessionsOf(w, r, caller(r).UserID)
}

// sessionsOf answers with a page of a person's sessions.
func (f *accounts) sessionsOf(w http.ResponseWriter, r *http.Request, user string) error {
	ctx := r.Context()
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	entries, last, err := f.people.Page(ctx, f.people.Key(user, "sessions", user), page.Limit, page.After)
	if err != nil {
		return err
	}
	places := make([]store.Place, len(entries))
	for i, e := range entries {
		places[i] = store.Place{Owner: user, Key: f.people.Key(user, "session", user, e.ID)}
	}
	found, err := store.GetManySealed[Session](ctx, f.people.Store, places)
	if err != nil {
		return err
	}
	out := api.SessionList{Items: make([]api.Session, 0, len(found))}
	for _, s := range found {
		if s != nil { // one that has expired leaves its id behind
			out.Items = append(out.Items, api.Session{
				ID: s.ID, CreatedAt: s.CreatedAt, LastUsedAt: s.RotatedAt, ExpiresAt: s.CreatedAt.Add(sessionTTL),
				UserAgent: s.UserAgent, Device: deviceName(s.UserAgent), Current: s.ID == caller(r).SessionID,
			})
		}
	}
	if last != nil {
		out.NextCursor = rest.Cursor(last.Position())
	}
	return rest.JSON(w, http.StatusOK, out)
}

// deleteOtherSessions signs the person out everywhere but here.
func (f *accounts) deleteOtherSessions(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), caller(r)
	err := f.people.Update(ctx, who.UserID, func(t *store.Tx) error { return endSessions(ctx, t, who.UserID, who.SessionID) })
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}

func (f *accounts) deleteSession(w http.ResponseWriter, r *http.Request) error {
	ctx, who, id := r.Context(), caller(r), r.PathValue("id")
	err := f.people.Update(ctx, who.UserID, func(t *store.Tx) error {
		var s Session
		found, err := t.GetSealed(who.UserID, t.Key("session", who.UserID, id), &s)
		if err != nil {
			return err
		}
		if !found {
			return errSession()
		}
		endSession(ctx, t, who.UserID, id)
		return nil
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}
