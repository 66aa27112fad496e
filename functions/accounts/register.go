package accounts

import (
	"context"
	"net/http"
	"slices"

	"github.com/oklog/ulid/v2"
	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/security"
	"paceline/shared/function/store"
)

// register makes an account whose address is not proven. For an address that
// somebody proved the answer is the same, and its owner gets a mail.
func (f *accounts) register(w http.ResponseWriter, r *http.Request) error {
	var in api.RegisterRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	a, err := f.newAccount(in)
	if err != nil {
		return err
	}
	if err := f.passwords.check(in.Password, a, false); err != nil {
		return err
	}
	if _, err := f.mayMail(r.Context(), a.Email); err != nil {
		return err
	}
	if a.Password, err = f.hasher.hash(r.Context(), in.Password); err != nil {
		return err
	}
	owner, _, err := f.people.owner(r.Context(), a.Email)
	if err != nil {
		return err
	}
	if owner != "" {
		err = f.tellOwner(r, owner)
	} else {
		err = f.create(r.Context(), a)
	}
	if err != nil {
		return err
	}
	if err := f.people.expect(r.Context(), a.Email, a.UserID); err != nil {
		return err
	}
	return rest.JSON(w, http.StatusCreated, api.Registered{UserID: a.UserID})
}

func (f *accounts) newAccount(in api.RegisterRequest) (Account, error) {
	a := Account{
		UserID: ulid.Make().String(), Locale: checkLocale(in.Locale), BirthDate: in.BirthDate, Consents: in.Consents,
		ApproveFollowers: true, Roles: []identity.Role{identity.Member}, CreatedAt: f.now(), Version: 1,
	}
	var err error
	if a.Email, err = checkEmail(in.Email); err != nil {
		return a, err
	}
	if a.DisplayName, err = checkName(in.DisplayName); err != nil {
		return a, err
	}
	return a, checkBirthDate(in.BirthDate, f.now())
}

func (f *accounts) create(ctx context.Context, a Account) error {
	token, stored := mailToken(a.UserID)
	return f.people.Update(ctx, a.UserID, func(t *store.Tx) error {
		if err := t.MakeKey(a.UserID, unprovenTTL); err != nil {
			return err
		}
		people := t.Key("people")
		t.Write(func(pipe redis.Pipeliner) { pipe.ZAdd(ctx, people, redis.Z{Member: a.UserID}) })
		if err := saveAccount(t, a); err != nil {
			return err
		}
		if err := putToken(t, a.UserID, purposeVerify, stored, verifyTTL); err != nil {
			return err
		}
		return t.Emit(
			events.AccountRegistered{UserID: a.UserID, Email: a.Email, DisplayName: a.DisplayName, Locale: a.Locale, RegisteredAt: a.CreatedAt},
			f.mail(a, "verify_email", stored, map[string]string{"token": token, "valid_for": verifyTTL.String()}),
		)
	})
}

// tellOwner tells whose address it is that somebody asked for an account with it.
// It takes as many trips as create, and sends as many events: whoever asks is not
// to learn from the time that it took which of the two it was.
func (f *accounts) tellOwner(r *http.Request, owner string) error {
	_, err := f.people.change(r.Context(), owner, func(t *store.Tx, a *Account) error {
		if err := t.Emit(f.mail(*a, "already_registered", f.now().Format("2006-01-02"), nil)); err != nil {
			return err
		}
		return function.Tell(t, "accounts", r, security.RegisterKnown, owner)
	})
	return err
}

// mail asks the mailing service for one mail to the account's own address.
// Mails of one template and one reason are sent once.
func (f *accounts) mail(a Account, template, reason string, data map[string]string) events.MailRequested {
	return events.MailRequested{
		Key: template + "/" + a.UserID + "/" + reason, UserID: a.UserID, To: a.Email, Template: template, Locale: a.Locale, Data: data,
	}
}

// verify proves an address with the token of the mail. The address becomes the
// account's first, so that a repeat after a crash finds its own claim.
func (f *accounts) verify(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var in api.VerifyRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	user, stored, ok := parseMailToken(in.Token)
	if !ok {
		return errToken()
	}
	if err := f.people.peekToken(ctx, user, purposeVerify, stored); err != nil {
		return err
	}
	a, err := f.people.account(ctx, user)
	if err != nil {
		return orToken(err)
	}
	if err := f.people.claim(ctx, a.Email, user); err != nil {
		return err
	}
	_, err = f.people.change(ctx, user, func(t *store.Tx, a *Account) error {
		if err := checkToken(t, user, purposeVerify, stored); err != nil {
			return err
		}
		t.Del(t.Key("token", user, purposeVerify))
		a.Verified = true
		t.KeepKey(user)
		if f.config.isAdmin(a.Email) && !slices.Contains(a.Roles, identity.Admin) {
			a.Roles = append(a.Roles, identity.Admin)
		}
		return t.Emit(
			events.AccountVerified{UserID: user, Email: a.Email, Locale: a.Locale, VerifiedAt: f.now()},
			a.profile(f.now()),
		)
	})
	if err != nil {
		return err
	}
	if err := f.people.confirm(ctx, a.Email, user); err != nil {
		return err
	}
	return rest.NoContent(w)
}
