package accounts

import (
	"context"
	"net/http"
	"slices"

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
	if in.Passkey != nil && in.Passkey.Step == "begin" {
		return f.beginSignIn(w, ceremonyAgain)
	}
	ctx, who := r.Context(), caller(r)
	a, err := f.people.account(ctx, who.UserID)
	if err != nil {
		return err
	}
	attempts := f.people.tries(perSession, who.UserID, who.UserID, who.SessionID)
	if _, err := f.people.begin(ctx, attempts); err != nil {
		return err
	}
	prove, err := f.again(ctx, a, in)
	if err != nil {
		return err
	}
	if err := f.extend(ctx, who, prove); err != nil {
		return err
	}
	if err := f.people.forget(ctx, attempts); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// again is the proof that a request has: one of password, code and passkey.
func (f *accounts) again(ctx context.Context, a Account, in api.ReauthenticateRequest) (proof, error) {
	switch {
	case in.Passkey != nil && in.Password == "" && in.Code == "":
		if in.Passkey.Step != "finish" {
			return nil, errStep()
		}
		word, err := f.assert(ctx, ceremonyAgain, *in.Passkey)
		return word.proof, err
	case in.Code != "" && in.Passkey == nil && in.Password == "":
		return func(t *store.Tx, _ Account, have *Factors) ([]string, error) {
			return []string{"otp"}, have.use(in.Code, t.Now())
		}, nil
	case in.Password != "" && in.Passkey == nil && in.Code == "":
		got, err := f.hasher.verify(ctx, a.Password, in.Password)
		if err == nil && !got.right {
			err = errCredentials()
		}
		return func(*store.Tx, Account, *Factors) ([]string, error) { return byPassword, nil }, err
	}
	return nil, fault.Invalid("invalid_member", "send one of password, code and passkey")
}

// extend makes a proof the newest of a session.
func (f *accounts) extend(ctx context.Context, who identity.Caller, prove proof) error {
	_, err := f.people.change(ctx, who.UserID, func(t *store.Tx, a *Account) error {
		var s Session
		found, err := t.GetSealed(who.UserID, t.Key("session", who.UserID, who.SessionID), &s)
		if err != nil {
			return err
		}
		if !found {
			return errSession()
		}
		have, err := factorsIn(t, who.UserID)
		if err != nil {
			return err
		}
		methods, err := prove(t, *a, &have)
		if err != nil {
			return err
		}
		if have.on() {
			if err := saveFactors(t, who.UserID, have); err != nil {
				return err
			}
		}
		s.AuthTime, s.Methods = f.now(), union(s.Methods, methods)
		return saveSession(ctx, t, who.UserID, s)
	})
	return err
}

// union is a, and what of b it lacks.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// recent is nil when the caller of r proved who they are within the last five
// minutes, as their token says or as their session knows since.
func (f *accounts) recent(r *http.Request) error {
	who := caller(r)
	if who.Recent(f.now()) {
		return nil
	}
	var s Session
	found, err := f.people.GetSealed(r.Context(), who.UserID, f.people.Key(who.UserID, "session", who.UserID, who.SessionID), &s)
	if err != nil {
		return err
	}
	if who.AuthTime = s.AuthTime; !found || !who.Recent(f.now()) {
		return fault.Forbidden("reauthentication_required", "prove again who you are first: POST /v1/me/reauthenticate").
			With("max_age", int(identity.RecentTTL.Seconds()))
	}
	return nil
}
