package accounts

import (
	"context"
	"net/http"

	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/rest"
	"paceline/shared/function/security"
	"paceline/shared/function/store"
)

// mayMail bounds how many mails anybody makes us send to one address, whether
// or not it has an account. It returns what the address is looked up by.
func (f *accounts) mayMail(ctx context.Context, email string) (lookup string, err error) {
	lookups, err := f.people.lookups(ctx, email)
	if err != nil {
		return "", err
	}
	_, err = f.people.begin(ctx, f.people.tries(perMailbox, lookups[0], "mail", lookups[0]))
	return lookups[0], err
}

// forgot mails a link to whoever proved the address. The answer is always the same.
func (f *accounts) forgot(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var in api.ForgotPasswordRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	lookup, err := f.mayMail(ctx, in.Email)
	if err != nil {
		return err
	}
	owner, _, err := f.people.owner(ctx, in.Email)
	if err != nil {
		return err
	}
	// Beside a hash it does not show that a letter is sealed for who is known.
	if _, err := f.hasher.verify(ctx, "", ""); err != nil {
		return err
	}
	if owner != "" {
		err = f.mailReset(ctx, owner)
	} else {
		err = f.noReset(r, lookup)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

func (f *accounts) mailReset(ctx context.Context, owner string) error {
	_, err := f.people.change(ctx, owner, func(t *store.Tx, a *Account) error {
		token, stored := mailToken(owner)
		if err := putToken(t, owner, purposeReset, stored, resetTTL); err != nil {
			return err
		}
		return t.Emit(f.mail(*a, "password_reset", stored, map[string]string{"token": token, "valid_for": resetTTL.String()}))
	})
	return err
}

// noReset tells the watch of an address that nobody has. It takes as many trips
// as mailReset, and sends as many events: the time that it took tells nothing.
func (f *accounts) noReset(r *http.Request, lookup string) error {
	return f.people.Update(r.Context(), lookup, func(t *store.Tx) error {
		var newest string
		if _, err := t.Get(t.Key("pending", lookup), &newest); err != nil {
			return err
		}
		return function.Tell(t, "accounts", r, security.ResetUnknown, lookup)
	})
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
	fresh, err := f.newPassword(ctx, user, in.Password)
	if err != nil {
		return orToken(err)
	}
	email := ""
	_, err = f.people.change(ctx, user, func(t *store.Tx, a *Account) error {
		if err := checkToken(t, user, purposeReset, stored); err != nil {
			return err
		}
		t.Del(t.Key("token", user, purposeReset))
		if err := fresh.set(t, a); err != nil {
			return err
		}
		if err := endAllSessions(ctx, t, user); err != nil {
			return err
		}
		if err := t.SetSealed(user, t.Key("devices", user), Devices{Any: true}, 0); err != nil {
			return err
		}
		email = a.Email
		return t.Emit(f.mail(*a, "password_changed", stored, nil))
	})
	if err != nil {
		return err
	}
	if err := f.heardAgain(ctx, email); err != nil {
		return err
	}
	security.Report(ctx, security.PasswordChange, user)
	return rest.NoContent(w)
}

// heardAgain lets the owner of an address sign in after others guessed at it.
func (f *accounts) heardAgain(ctx context.Context, email string) error {
	lookups, err := f.people.lookups(ctx, email)
	if err != nil {
		return err
	}
	return f.people.forget(ctx, f.people.tries(perAccount, lookups[0], lookups[0]))
}
