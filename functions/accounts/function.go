package accounts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/export"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/objects"
	"paceline/shared/objects/all"
	"paceline/shared/objects/sealed"
)

// Objects is what of the bucket this function touches: exports, and the
// originals that belong into one.
var Objects = objects.Access{Function: "accounts", Reads: []string{"raw/"}, Writes: []string{"export/"}}

// Open opens the accounts function.
func Open(_ context.Context, e function.Env) (*function.Function, error) {
	f, base, err := open(e)
	if err != nil {
		return nil, err
	}
	p := f.people
	base.OnSweep(p.sweep(erasures, p.goOn))
	base.OnSweep(p.sweep(exports, p.goOnExport))
	fn := base.Function(f.routes(base),
		answer[events.FeedErased](p.erased),
		answer[events.MailErased](p.erased),
		answer[events.NotifyErased](p.erased),
		answer[events.SocialErased](p.erased),
		answer[events.StatsErased](p.erased),
		answer[events.UploadErased](p.erased),
		answer[events.AccountsExported](p.exported),
		answer[events.FeedExported](p.exported),
		answer[events.MailExported](p.exported),
		answer[events.NotifyExported](p.exported),
		answer[events.SocialExported](p.exported),
		answer[events.StatsExported](p.exported),
		answer[events.UploadExported](p.exported),
		export.From(base.Store, func(e events.Exported) events.Payload { return events.AccountsExported{Exported: e} }, nil),
		eventing.On(func(ctx context.Context, e events.CoachGranted) error { return f.people.mirror(ctx, e.Coaching, true) }),
		eventing.On(func(ctx context.Context, e events.CoachRevoked) error { return f.people.mirror(ctx, e.Coaching, false) }),
	)
	fn.Check = func(ctx context.Context) error { return objects.Check(ctx, f.kept) }
	fn.Closes(f.kept)
	return fn, nil
}

func open(e function.Env) (*accounts, *function.Base, error) {
	c, err := function.Parse[Config](e)
	if err != nil {
		return nil, nil, err
	}
	if len(c.SecretKey) < 32 {
		return nil, nil, errors.New("ACCOUNTS_KEY_FILE: the key is shorter than 32 bytes")
	}
	keys, err := parsePasswordKeys(c.PasswordKeys)
	if err != nil {
		return nil, nil, fmt.Errorf("PASSWORD_KEYS_FILE: %w", err)
	}
	rules, err := newPasswordRules(c.BreachedPasswords)
	if err != nil {
		return nil, nil, err
	}
	passkeys, err := relyingParty(c.PublicURL)
	if err != nil {
		return nil, nil, fmt.Errorf("PUBLIC_URL: %w", err)
	}
	kept, err := all.Open(c.ObjectsURL)
	if err != nil {
		return nil, nil, err
	}
	base, err := function.OpenBase(e, "accounts")
	if err != nil {
		return nil, nil, err
	}
	f := &accounts{
		config: c, people: people{base.Store, keyring{[]byte(c.SecretKey)}, sealed.Store{Store: objects.Confine(kept, Objects), Keys: base.Store.Keys()}},
		kept: kept, hasher: newHasher(c.Hashes, keys),
		passwords: rules, passkeys: passkeys, signer: base.Signer, log: base.Log, now: e.Now,
	}
	return f, base, nil
}

type accounts struct {
	config    Config
	people    people
	kept      objects.Store
	hasher    *hasher
	passwords passwordRules
	passkeys  *webauthn.WebAuthn
	signer    *identity.Signer
	log       *slog.Logger
	now       func() time.Time
}

// routes: answers under /v1/auth/ hold secrets and are never kept for a repeat.
func (f *accounts) routes(base *function.Base) http.Handler {
	mux := http.NewServeMux()
	for path, h := range map[string]rest.Handler{
		"POST /v1/auth/register":        f.register,
		"POST /v1/auth/verify":          f.verify,
		"POST /v1/auth/login":           f.login,
		"POST /v1/auth/refresh":         f.refresh,
		"POST /v1/auth/logout":          f.logout,
		"POST /v1/auth/password/forgot": f.forgot,
		"POST /v1/auth/password/reset":  f.reset,
		"POST /v1/me/reauthenticate":    f.reauthenticate,
	} {
		mux.Handle(path, rest.Command(nil, h))
	}
	mux.Handle("GET /v1/me", rest.Handler(f.me))
	mux.Handle("PATCH /v1/me", rest.Command(base.Store, f.updateMe))
	mux.Handle("DELETE /v1/me", rest.Command(nil, f.eraseMe))
	mux.Handle("GET /v1/me/export", rest.Handler(f.exportState))
	mux.Handle("POST /v1/me/export", rest.Command(base.Store, f.exportMe))
	mux.Handle("POST /v1/me/export/links", rest.Command(nil, f.exportLink))
	mux.Handle("GET /v1/me/export/links/{link}", rest.Handler(f.downloadExport))
	mux.Handle("GET /v1/me/sessions", rest.Handler(f.sessions))
	mux.Handle("DELETE /v1/me/sessions", rest.Command(base.Store, f.deleteOtherSessions))
	mux.Handle("DELETE /v1/me/sessions/{id}", rest.Command(base.Store, f.deleteSession))
	mux.Handle("GET /v1/me/settings", rest.Handler(f.settings))
	mux.Handle("PUT /v1/me/settings", rest.Command(base.Store, f.putSettings))
	f.factorRoutes(mux)
	mux.Handle("GET /v1/me/coaches", rest.Handler(f.coaches))
	mux.Handle("PUT /v1/me/coaches/{id}", rest.Command(base.Store, f.grantCoach))
	mux.Handle("DELETE /v1/me/coaches/{id}", rest.Command(base.Store, f.revokeCoach))
	mux.Handle("GET /v1/me/athletes", rest.Handler(f.athletes))
	mux.Handle("GET /v1/me/athletes/{id}/settings", rest.Handler(f.athleteSettings))
	f.adminRoutes(mux, base.Store)
	return mux
}
