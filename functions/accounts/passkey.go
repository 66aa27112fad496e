package accounts

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// maxPasskeys bounds the passkeys of one person.
const maxPasskeys = 20

// byPasskey is possession of a key that asked for a finger, a face or a PIN: two
// factors at once.
var byPasskey = []string{"pop", "user", "mfa"}

// holder is a person as the WebAuthn library wants one.
type holder struct {
	id, name string
	factors  Factors
}

// WebAuthnID is the handle that passkeys keep.
func (h holder) WebAuthnID() []byte { return []byte(h.id) }

// WebAuthnName tells the person's passkeys apart from those of others.
func (h holder) WebAuthnName() string { return h.name }

// WebAuthnDisplayName is WebAuthnName.
func (h holder) WebAuthnDisplayName() string { return h.name }

// WebAuthnCredentials are the passkeys; one that cannot be read is none.
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	var out []webauthn.Credential
	for _, p := range h.factors.Passkeys {
		var c webauthn.Credential
		if json.Unmarshal(p.Credential, &c) == nil {
			out = append(out, c)
		}
	}
	return out
}

// begin answers with the options for the browser.
func (f *accounts) begin(w http.ResponseWriter, kind string, options any, s *webauthn.SessionData, err error) error {
	if err != nil {
		return err
	}
	token, err := f.people.keys.begun(kind, *s, f.now())
	if err != nil {
		return err
	}
	raw, err := json.Marshal(options)
	if err != nil {
		return err
	}
	var out api.PasskeyChallenge
	out.Ceremony = token
	if err := json.Unmarshal(raw, &out.Options); err != nil {
		return err
	}
	return rest.JSON(w, http.StatusAccepted, out)
}

// errStep is for a request that is neither the one nor the other step.
func errStep() error {
	return fault.Invalid("invalid_member", "step is begin or finish").With("pointer", "/passkey/step")
}

// beginSignIn is for anybody: it does not say who has a passkey.
func (f *accounts) beginSignIn(w http.ResponseWriter, kind string) error {
	options, s, err := f.passkeys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	return f.begin(w, kind, options, s, err)
}

// assertion is a passkey's word that was checked against the person's key.
type assertion struct {
	account    Account
	session    webauthn.SessionData
	credential webauthn.Credential
}

// assert checks the answer of a browser.
func (f *accounts) assert(ctx context.Context, kind string, in api.PasskeyRequest) (assertion, error) {
	s, err := f.people.keys.resume(kind, in.Ceremony, f.now())
	if err != nil {
		return assertion{}, err
	}
	raw, err := json.Marshal(in.Response)
	if err != nil {
		return assertion{}, errPasskey(err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(raw)
	if err != nil {
		return assertion{}, errPasskey(err)
	}
	out := assertion{session: s}
	var unavailable error
	_, credential, err := f.passkeys.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		var h holder
		if h, out.account, err = f.holder(ctx, string(handle)); err != nil && fault.Of(err).Status >= http.StatusInternalServerError {
			unavailable = err
		}
		return h, err
	}, s, parsed)
	switch {
	case unavailable != nil:
		return assertion{}, unavailable
	case err != nil:
		return assertion{}, errPasskey(err)
	case credential.Authenticator.CloneWarning:
		return assertion{}, errPasskey(nil)
	}
	out.credential = *credential
	return out, nil
}

func (f *accounts) holder(ctx context.Context, user string) (holder, Account, error) {
	if strings.ContainsAny(user, ":{}") || len(user) > 64 {
		return holder{}, Account{}, errAccount()
	}
	a, err := f.people.account(ctx, user)
	if err != nil {
		return holder{}, a, err
	}
	have, err := f.people.factors(ctx, user)
	return holder{user, a.Email, have}, a, err
}

// proof is how a person proves who they are in the change that it opens.
type proof func(t *store.Tx, a Account, have *Factors) (methods []string, err error)

// proof keeps the passkey's new counter, and ends the ceremony.
func (p assertion) proof(t *store.Tx, a Account, have *Factors) ([]string, error) {
	i := slices.IndexFunc(have.Passkeys, func(k Passkey) bool { return k.ID == passkeyID(p.credential.ID) })
	if i < 0 || a.UserID != p.account.UserID { // taken away meanwhile
		return nil, errPasskey(nil)
	}
	if err := once(t, a.UserID, p.session); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(p.credential)
	if err != nil {
		return nil, err
	}
	have.Passkeys[i].Credential, have.Passkeys[i].UsedAt = raw, t.Now()
	return byPasskey, nil
}

// registerPasskey makes a passkey for a caller who proved a moment ago who they
// are, in two steps.
func (f *accounts) registerPasskey(w http.ResponseWriter, r *http.Request) error {
	var in api.PasskeyRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	if err := f.recent(r); err != nil {
		return err
	}
	h, _, err := f.holder(r.Context(), caller(r).UserID)
	if err != nil {
		return err
	}
	switch in.Step {
	case "begin":
		var have []protocol.CredentialDescriptor
		for _, c := range h.WebAuthnCredentials() {
			have = append(have, c.Descriptor())
		}
		options, s, err := f.passkeys.BeginRegistration(h, webauthn.WithExclusions(have))
		return f.begin(w, ceremonyRegister, options, s, err)
	case "finish":
		return f.finishRegistration(w, r, in, h)
	}
	return errStep()
}

func (f *accounts) finishRegistration(w http.ResponseWriter, r *http.Request, in api.PasskeyRequest, h holder) error {
	name, err := checkName(in.Name)
	if err != nil {
		return err
	}
	s, err := f.people.keys.resume(ceremonyRegister, in.Ceremony, f.now())
	if err != nil {
		return err
	}
	fresh, err := f.createPasskey(h, s, in, name)
	if err != nil {
		return err
	}
	var out api.PasskeyRegistered
	err = f.changeFactors(r, func(t *store.Tx, a Account, have *Factors) error {
		if err := once(t, a.UserID, s); err != nil {
			return err
		}
		if len(have.Passkeys) >= maxPasskeys {
			return fault.Conflict("too_many_passkeys", "there can be at most %d passkeys", maxPasskeys)
		}
		out.RecoveryCodes = have.firstCodes()
		have.Passkeys = append(have.Passkeys, fresh)
		out.Passkey = fresh.shown()
		return f.tellFactor(t, a)
	})
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusCreated, out)
}

func (f *accounts) createPasskey(h holder, s webauthn.SessionData, in api.PasskeyRequest, name string) (Passkey, error) {
	invalid := func(err error) error {
		return fault.Invalid("passkey_invalid", "this is not a passkey that we can take").Because(err)
	}
	raw, err := json.Marshal(in.Response)
	if err != nil {
		return Passkey{}, invalid(err)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(raw)
	if err != nil {
		return Passkey{}, invalid(err)
	}
	credential, err := f.passkeys.CreateCredential(h, s, parsed)
	if err != nil {
		return Passkey{}, invalid(err)
	}
	kept, err := json.Marshal(credential)
	return Passkey{ID: passkeyID(credential.ID), Name: name, CreatedAt: f.now(), UsedAt: time.Time{}, Credential: kept}, err
}

func (f *accounts) removePasskey(w http.ResponseWriter, r *http.Request) error {
	err := f.changeFactors(r, func(t *store.Tx, a Account, have *Factors) error {
		i := slices.IndexFunc(have.Passkeys, func(p Passkey) bool { return p.ID == r.PathValue("id") })
		if i < 0 {
			return fault.NotFound("factor_not_found", "there is no such factor")
		}
		have.Passkeys = slices.Delete(have.Passkeys, i, i+1)
		return f.removed(t, a, *have)
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}
