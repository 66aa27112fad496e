package accounts

import (
	"context"
	"net/http"

	"github.com/oklog/ulid/v2"

	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

func errCredentials() error {
	return fault.Unauthorized("invalid_credentials", "the address or the password is wrong")
}

func (f *accounts) login(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var in api.LoginRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	proven, pending, err := f.people.owner(ctx, in.Email)
	if err != nil {
		return err
	}
	var a Account
	if id := proven + pending; id != "" {
		if a, err = f.people.account(ctx, id); err != nil && fault.Of(err).Status != http.StatusNotFound {
			return err
		}
	}
	got, err := f.hasher.verify(ctx, a.Password, in.Password)
	switch {
	case err != nil:
		return err
	case !got.right:
		return errCredentials()
	case !a.Verified:
		return fault.Forbidden("email_not_verified", "open the link in the mail that we sent you first")
	}
	if got.old {
		a = f.rehash(ctx, a, in.Password)
	}
	return f.signIn(w, r, a, byPassword)
}

// rehash brings a stored password to today's costs and key. A sign-in does not
// fail over it: the next one tries again.
func (f *accounts) rehash(ctx context.Context, a Account, password string) Account {
	phc, err := f.hasher.hash(ctx, password)
	if err != nil {
		return a
	}
	changed, err := f.people.change(ctx, a.UserID, func(_ *store.Tx, now *Account) error {
		if now.Password == a.Password {
			now.Password = phc
		}
		return nil
	})
	if err != nil {
		f.log.WarnContext(ctx, "password not hashed anew", "user", a.UserID, "error", err)
		return a
	}
	return changed
}

// How a person proved who they are, in the names of RFC 8176.
var byPassword = []string{"pwd"}

func (f *accounts) signIn(w http.ResponseWriter, r *http.Request, a Account, methods []string) error {
	if err := f.people.confirm(r.Context(), a.Email, a.UserID); err != nil { // the proof may have ended half way
		return err
	}
	s := newSession(ulid.Make().String(), r.UserAgent(), methods, f.now())
	err := f.people.Update(r.Context(), a.UserID, func(t *store.Tx) error {
		var now Account
		found, err := t.GetSealed(a.UserID, t.Key("account", a.UserID), &now)
		if err != nil {
			return err
		}
		if !found || now.Password != a.Password { // reset while we hashed
			return errCredentials()
		}
		return saveSession(r.Context(), t, a.UserID, s)
	})
	if err != nil {
		return err
	}
	return f.tokens(w, a, s)
}

// tokens answers with a new access token and the session's refresh token.
func (f *accounts) tokens(w http.ResponseWriter, a Account, s Session) error {
	access, err := f.signer.AccessToken(s.caller(a))
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, api.Tokens{
		AccessToken: access, TokenType: "Bearer", ExpiresIn: int(identity.AccessTTL.Seconds()),
		RefreshToken: f.people.keys.refreshToken(a.UserID, s),
	})
}

// refresh moves a session on. A token that was used before ends it: either the
// owner or a thief holds a copy, and nobody can tell who.
func (f *accounts) refresh(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var in api.RefreshRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	invalid := fault.Unauthorized("invalid_refresh_token", "sign in again")
	p, ok := parseRefresh(in.RefreshToken)
	if !ok {
		return invalid
	}
	var s Session
	var became rotation
	a, err := f.people.account(ctx, p.user)
	if err == nil {
		s, became, err = f.rotate(ctx, p)
	}
	switch {
	case err != nil && fault.Of(err).Status != http.StatusNotFound:
		return err
	case became == reused:
		f.log.WarnContext(ctx, "refresh token reused, session ended", "user", p.user, "session", p.session)
		return invalid
	case err != nil || became == refused:
		return invalid
	}
	return f.tokens(w, a, s)
}

func (f *accounts) rotate(ctx context.Context, p parsedRefresh) (s Session, became rotation, err error) {
	err = f.people.Update(ctx, p.user, func(t *store.Tx) error {
		s = Session{}
		found, err := t.GetSealed(p.user, t.Key("session", p.user, p.session), &s)
		if err != nil || !found {
			became = refused
			return err
		}
		switch became = f.people.keys.rotate(&s, p, f.now()); became {
		case rotated:
			return saveSession(ctx, t, p.user, s)
		case reused:
			endSession(ctx, t, p.user, p.session)
		}
		return nil
	})
	return s, became, err
}

func (f *accounts) logout(w http.ResponseWriter, r *http.Request) error {
	who := identity.CallerFrom(r.Context())
	err := f.people.Update(r.Context(), who.UserID, func(t *store.Tx) error {
		endSession(r.Context(), t, who.UserID, who.SessionID)
		return nil
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}

// forgot mails a link to whoever proved the address. The answer is always the same.
func (f *accounts) forgot(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var in api.ForgotPasswordRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	owner, _, err := f.people.owner(ctx, in.Email)
	if err != nil {
		return err
	}
	if owner != "" {
		_, err = f.people.change(ctx, owner, func(t *store.Tx, a *Account) error {
			token, stored := mailToken(owner)
			if err := putToken(t, owner, purposeReset, stored, resetTTL); err != nil {
				return err
			}
			return t.Emit(f.mail(*a, "password_reset", stored, map[string]string{"token": token, "valid_for": resetTTL.String()}))
		})
		if err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// reset sets a new password with the token of the mail, and signs the person
// out everywhere.
func (f *accounts) reset(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var in api.ResetPasswordRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	user, stored, ok := parseMailToken(in.Token)
	if !ok {
		return errToken()
	}
	if err := f.people.peekToken(ctx, user, purposeReset, stored); err != nil {
		return err
	}
	a, err := f.people.account(ctx, user)
	if err != nil {
		return orToken(err)
	}
	if err := f.passwords.check(in.Password, a, false); err != nil {
		return err
	}
	phc, err := f.hasher.hash(ctx, in.Password)
	if err != nil {
		return err
	}
	_, err = f.people.change(ctx, user, func(t *store.Tx, a *Account) error {
		if err := checkToken(t, user, purposeReset, stored); err != nil {
			return err
		}
		t.Del(t.Key("token", user, purposeReset))
		a.Password = phc
		if err := endAllSessions(ctx, t, user); err != nil {
			return err
		}
		return t.Emit(f.mail(*a, "password_changed", stored, nil))
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}
