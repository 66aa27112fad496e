package accounts

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/oklog/ulid/v2"

	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/security"
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
	if in.Passkey != nil {
		return f.loginByPasskey(w, r, in)
	}
	a, err := f.whose(ctx, in.Email)
	if err != nil {
		return err
	}
	device, err := f.knownDevice(ctx, a, in.DeviceToken)
	if err != nil {
		return err
	}
	attempts, err := f.guardOf(ctx, r, in.Email, device)
	security.About(ctx, a.UserID)
	if err == nil {
		err = attempts.begin(ctx)
	}
	if err != nil {
		return err
	}
	got, err := f.hasher.verify(ctx, a.Password, in.Password)
	switch {
	case err != nil:
		return errors.Join(err, attempts.takeBack(ctx))
	case !got.right:
		return errCredentials()
	case !a.Verified:
		return cmp.Or(attempts.succeed(ctx), error(fault.Forbidden("email_not_verified", "open the link in the mail that we sent you first")))
	}
	if got.old {
		a = f.rehash(ctx, a, in.Password)
	}
	entered, err := f.signIn(r, a, device, passwordAnd(a, in.Code))
	switch {
	case err != nil && fault.Of(err).Code == codeSecondFactor: // right so far
		return errors.Join(err, attempts.takeBack(ctx))
	case err != nil:
		return err
	}
	if err := attempts.succeed(ctx); err != nil {
		return err
	}
	return f.welcome(w, r, entered, attempts.failed)
}

// whose is the account that an address is to sign in to: the zero Account when
// there is none, after as many trips.
func (f *accounts) whose(ctx context.Context, email string) (Account, error) {
	proven, pending, err := f.people.owner(ctx, email)
	if err != nil {
		return Account{}, err
	}
	a, err := f.people.account(ctx, cmp.Or(proven+pending, "nobody"))
	if err != nil && fault.Of(err).Status == http.StatusNotFound {
		return Account{}, nil
	}
	return a, err
}

// knownDevice is the id of the device that a token is of, or "".
func (f *accounts) knownDevice(ctx context.Context, a Account, token string) (string, error) {
	id := f.people.keys.parseDevice(a.UserID, token)
	if id == "" || a.UserID == "" {
		return "", nil
	}
	var known Devices
	_, err := f.people.GetSealed(ctx, a.UserID, f.people.Key(a.UserID, "devices", a.UserID), &known)
	if err != nil || !known.has(id) {
		return "", err
	}
	return id, nil
}

func (f *accounts) loginByPasskey(w http.ResponseWriter, r *http.Request, in api.LoginRequest) error {
	switch in.Passkey.Step {
	case "begin":
		return f.beginSignIn(w, ceremonySignIn)
	case "finish":
	default:
		return errStep()
	}
	word, err := f.assert(r.Context(), ceremonySignIn, *in.Passkey)
	if err != nil {
		return err
	}
	device, err := f.knownDevice(r.Context(), word.account, in.DeviceToken)
	if err != nil {
		return err
	}
	entered, err := f.signIn(r, word.account, device, word.proof)
	if err != nil {
		return err
	}
	return f.welcome(w, r, entered, 0)
}

const codeSecondFactor = "second_factor_required"

// passwordAnd is the proof by a's password, which was right a moment ago, and a
// code where a second factor is on.
func passwordAnd(a Account, code string) proof {
	return func(t *store.Tx, now Account, have *Factors) ([]string, error) {
		switch {
		case now.Password != a.Password: // reset while we hashed
			return nil, errCredentials()
		case !have.on():
			return byPassword, nil
		case code == "":
			return nil, fault.Unauthorized(codeSecondFactor, "the password is right; send a code, too, or sign in with a passkey").With("factors", have.ways())
		}
		if err := have.use(code, t.Now()); err != nil {
			return nil, err
		}
		return byPasswordAndCode, nil
	}
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
var (
	byPassword        = []string{"pwd"}
	byPasswordAndCode = []string{"pwd", "otp", "mfa"}
)

// signedIn is a sign-in that was just made.
type signedIn struct {
	account Account
	session Session
	device  string
}

// signIn opens a session for whoever proves to be a, by a known device or a new
// one.
func (f *accounts) signIn(r *http.Request, a Account, device string, prove proof) (signedIn, error) {
	ctx := r.Context()
	if err := f.people.confirm(ctx, a.Email, a.UserID); err != nil { // the proof may have ended half way
		return signedIn{}, err
	}
	out := signedIn{session: newSession(ulid.Make().String(), r.UserAgent(), nil, f.now())}
	err := f.people.Update(ctx, a.UserID, func(t *store.Tx) error {
		found, err := t.GetSealed(a.UserID, t.Key("account", a.UserID), &out.account)
		if err != nil {
			return err
		}
		if !found {
			return errCredentials()
		}
		have, err := factorsIn(t, a.UserID)
		if err != nil {
			return err
		}
		if out.session.Methods, err = prove(t, out.account, &have); err != nil {
			return err
		}
		if have.on() { // a code or a counter was used
			if err := saveFactors(t, a.UserID, have); err != nil {
				return err
			}
		}
		if out.device, err = f.noteDevice(t, out.account, device, out.session); err != nil {
			return err
		}
		return saveSession(ctx, t, a.UserID, out.session)
	})
	return out, err
}

// noteDevice remembers where a person signed in, and tells them of a new place.
func (f *accounts) noteDevice(t *store.Tx, a Account, device string, s Session) (string, error) {
	var known Devices
	key := t.Key("devices", a.UserID)
	if _, err := t.GetSealed(a.UserID, key, &known); err != nil {
		return "", err
	}
	name := deviceName(s.UserAgent)
	id, news := known.see(device, name, t.Now())
	if news {
		err := t.Emit(f.mail(a, "new_device", s.ID, map[string]string{"device": name, "when": t.Now().UTC().Format("2006-01-02 15:04 UTC")}))
		if err != nil {
			return "", err
		}
	}
	return id, t.SetSealed(a.UserID, key, known, 0)
}

// manyFailures is after how many a sign-in that works is worth a look.
const manyFailures = 5

// welcome answers a sign-in, before which so many attempts failed.
func (f *accounts) welcome(w http.ResponseWriter, r *http.Request, in signedIn, failed int) error {
	how := security.LoginSuccess
	if failed >= manyFailures {
		how = security.LoginSuccessAfterFail
	}
	security.Report(r.Context(), how, in.account.UserID)
	return f.tokens(w, in.account, in.session, f.people.keys.deviceToken(in.account.UserID, in.device))
}

// tokens answers with a new access token and the session's refresh token.
func (f *accounts) tokens(w http.ResponseWriter, a Account, s Session, device string) error {
	access, err := f.signer.AccessToken(s.caller(a))
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, api.Tokens{
		AccessToken: access, TokenType: "Bearer", ExpiresIn: int(identity.AccessTTL.Seconds()),
		RefreshToken: f.people.keys.refreshToken(a.UserID, s), DeviceToken: device,
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
	invalid := fault.BadRequest("invalid_grant", "this refresh token does not hold, or no longer: sign in again")
	p, ok := parseRefresh(in.RefreshToken)
	if !ok {
		return invalid
	}
	var s Session
	var became rotation
	a, err := f.people.account(ctx, p.user)
	if err == nil {
		s, became, err = f.rotate(ctx, a, p)
	}
	switch {
	case err != nil && fault.Of(err).Status != http.StatusNotFound:
		return err
	case became == reused:
		security.Report(ctx, security.TokenReuse, p.user)
		return invalid
	case err != nil || became == refused:
		return invalid
	}
	return f.tokens(w, a, s, "")
}

func (f *accounts) rotate(ctx context.Context, a Account, p parsedRefresh) (s Session, became rotation, err error) {
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
			return t.Emit(f.mail(a, "session_ended", p.session, map[string]string{"device": deviceName(s.UserAgent)}))
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
