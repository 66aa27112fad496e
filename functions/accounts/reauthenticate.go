package accounts

import (
	"net/http"

	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// reauthenticate takes a new proof of who the caller is, for what needs a recent
// one. It holds in this session at once, and in its next access token.
func (f *accounts) reauthenticate(w http.ResponseWriter, r *http.Request) error {
	var in api.ReauthenticateRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	ctx, who := r.Context(), caller(r)
	a, err := f.people.account(ctx, who.UserID)
	if err != nil {
		return err
	}
	got, err := f.hasher.verify(ctx, a.Password, in.Password)
	if err != nil {
		return err
	}
	if !got.right {
		return errCredentials()
	}
	err = f.people.Update(ctx, who.UserID, func(t *store.Tx) error {
		var s Session
		found, err := t.GetSealed(who.UserID, t.Key("session", who.UserID, who.SessionID), &s)
		if err != nil {
			return err
		}
		if !found {
			return errSession()
		}
		s.AuthTime, s.Methods = f.now(), byPassword
		return saveSession(ctx, t, who.UserID, s)
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}

// recent is nil when the caller of r proved who they are within the last five
// minutes, as their token says or as their session knows since.
func (f *accounts) recent(r *http.Request) error {
	who := caller(r)
	if who.Recent(f.now()) {
		return nil
	}
	var s Session
	found, err := f.people.Get(r.Context(), f.people.Key(who.UserID, "session", who.UserID, who.SessionID), &s)
	if err != nil {
		return err
	}
	if who.AuthTime = s.AuthTime; !found || !who.Recent(f.now()) {
		return fault.Forbidden("reauthentication_required", "prove again who you are first: POST /v1/me/reauthenticate").
			With("max_age", int(identity.RecentTTL.Seconds()))
	}
	return nil
}
