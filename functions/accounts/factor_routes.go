package accounts

import (
	"context"
	"net/http"
	"unicode/utf8"

	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

func (f *accounts) factorRoutes(mux *http.ServeMux) {
	mux.Handle("GET /v1/me/factors", rest.Handler(f.factors))
	for path, h := range map[string]rest.Handler{ // answers hold secrets and are never kept for a repeat
		"POST /v1/me/factors/totp":            f.enrolTOTP,
		"POST /v1/me/factors/totp/confirm":    f.confirmTOTP,
		"DELETE /v1/me/factors/totp":          f.removeTOTP,
		"POST /v1/me/factors/recovery-codes":  f.renewRecovery,
		"POST /v1/me/factors/passkeys":        f.registerPasskey,
		"DELETE /v1/me/factors/passkeys/{id}": f.removePasskey,
		"PUT /v1/me/password":                 f.changePassword,
	} {
		mux.Handle(path, rest.Command(nil, h))
	}
}

func (p people) factors(ctx context.Context, user string) (Factors, error) {
	var f Factors
	_, err := p.GetSealed(ctx, user, p.Key(user, "factors", user), &f)
	return f, err
}

func factorsIn(t *store.Tx, user string) (Factors, error) {
	var f Factors
	_, err := t.GetSealed(user, t.Key("factors", user), &f)
	return f, err
}

func saveFactors(t *store.Tx, user string, f Factors) error {
	f.dropUnused()
	return t.SetSealed(user, t.Key("factors", user), f, 0)
}

func (f *accounts) factors(w http.ResponseWriter, r *http.Request) error {
	have, err := f.people.factors(r.Context(), caller(r).UserID)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, have.shown())
}

// changeFactors applies rule to the factors of a caller who proved a moment ago
// who they are.
func (f *accounts) changeFactors(r *http.Request, rule func(*store.Tx, Account, *Factors) error) error {
	if err := f.recent(r); err != nil {
		return err
	}
	user := caller(r).UserID
	_, err := f.people.change(r.Context(), user, func(t *store.Tx, a *Account) error {
		have, err := factorsIn(t, user)
		if err != nil {
			return err
		}
		if err := rule(t, *a, &have); err != nil {
			return err
		}
		return saveFactors(t, user, have)
	})
	return err
}

// enrolTOTP makes a secret for the caller's app. It counts when the first code
// has come; until then a new one replaces it.
func (f *accounts) enrolTOTP(w http.ResponseWriter, r *http.Request) error {
	var out api.TotpEnrolment
	err := f.changeFactors(r, func(_ *store.Tx, a Account, have *Factors) error {
		if have.totpOn() {
			return fault.Conflict("factor_exists", "there is an app already; take it away first")
		}
		fresh, address, err := newTOTP(a.Email)
		if err != nil {
			return err
		}
		have.TOTP = fresh
		out = api.TotpEnrolment{Secret: fresh.Secret, URI: address}
		return nil
	})
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusCreated, out)
}

// confirmTOTP turns the app on. With the first factor come the recovery codes.
func (f *accounts) confirmTOTP(w http.ResponseWriter, r *http.Request) error {
	var in api.CodeRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	var out api.RecoveryCodes
	err := f.changeFactors(r, func(t *store.Tx, a Account, have *Factors) error {
		switch {
		case have.TOTP == nil:
			return fault.Conflict("factor_not_enrolled", "there is no app that waits for its first code")
		case have.totpOn():
			return fault.Conflict("factor_exists", "the app is on already")
		case !have.TOTP.use(in.Code, f.now()):
			return fault.Invalid("code_invalid", "this is not the code that the app shows now")
		}
		out.RecoveryCodes = have.firstCodes()
		have.TOTP.ConfirmedAt = f.now()
		return f.tellFactor(t, a)
	})
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, out)
}

// firstCodes are the recovery codes that come with the first factor.
func (f *Factors) firstCodes() []string {
	if f.on() {
		return []string{}
	}
	return f.renewRecovery()
}

// tellFactor mails a person that a second factor came or went.
func (f *accounts) tellFactor(t *store.Tx, a Account) error {
	return t.Emit(f.mail(a, "factors_changed", f.now().String(), nil))
}

func (f *accounts) removeTOTP(w http.ResponseWriter, r *http.Request) error {
	err := f.changeFactors(r, func(t *store.Tx, a Account, have *Factors) error {
		if have.TOTP == nil {
			return fault.NotFound("factor_not_found", "there is no such factor")
		}
		have.TOTP = nil
		return f.removed(t, a, *have)
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}

// removed refuses to leave a short password alone.
func (f *accounts) removed(t *store.Tx, a Account, left Factors) error {
	if a.ShortPassword && !left.on() {
		return fault.Conflict("password_too_short_alone", "choose a password of %d characters or more first", minPassword)
	}
	return f.tellFactor(t, a)
}

func (f *accounts) renewRecovery(w http.ResponseWriter, r *http.Request) error {
	var out api.RecoveryCodes
	err := f.changeFactors(r, func(t *store.Tx, a Account, have *Factors) error {
		if !have.on() {
			return fault.Conflict("no_second_factor", "recovery codes are for who has a second factor")
		}
		out.RecoveryCodes = have.renewRecovery()
		return f.tellFactor(t, a)
	})
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, out)
}

// changePassword sets a new password of a caller who proved a moment ago who
// they are, and signs the person out everywhere else.
func (f *accounts) changePassword(w http.ResponseWriter, r *http.Request) error {
	var in api.ChangePasswordRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	if err := f.recent(r); err != nil {
		return err
	}
	ctx, who := r.Context(), caller(r)
	fresh, err := f.newPassword(ctx, who.UserID, in.Password)
	if err != nil {
		return err
	}
	_, err = f.people.change(ctx, who.UserID, func(t *store.Tx, a *Account) error {
		if err := fresh.set(t, a); err != nil {
			return err
		}
		if err := endSessions(ctx, t, who.UserID, who.SessionID); err != nil {
			return err
		}
		return t.Emit(f.mail(*a, "password_changed", f.now().String(), nil))
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}

// newPassword is a password that was found good, and hashed.
type newPassword struct {
	phc   string
	short bool
}

// newPassword checks and hashes a new password of a person.
func (f *accounts) newPassword(ctx context.Context, user, password string) (newPassword, error) {
	a, err := f.people.account(ctx, user)
	if err != nil {
		return newPassword{}, err
	}
	have, err := f.people.factors(ctx, user)
	if err != nil {
		return newPassword{}, err
	}
	if err := f.passwords.check(password, a, have.on()); err != nil {
		return newPassword{}, err
	}
	phc, err := f.hasher.hash(ctx, password)
	return newPassword{phc: phc, short: isShort(password)}, err
}

// set makes it a's, unless it is short and the second factor went meanwhile.
func (n newPassword) set(t *store.Tx, a *Account) error {
	if n.short {
		have, err := factorsIn(t, a.UserID)
		if err != nil {
			return err
		}
		if !have.on() {
			return errShort(minPassword)
		}
	}
	a.Password, a.ShortPassword = n.phc, n.short
	return nil
}

func isShort(password string) bool {
	return utf8.RuneCountInString(normalPassword(password)) < minPassword
}
