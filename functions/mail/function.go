package mail

import (
	"context"
	"net/http"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/export"
	"paceline/shared/function/fault"
	"paceline/shared/function/rest"
)

// Open opens the mailing service.
func Open(_ context.Context, e function.Env) (*function.Function, error) {
	s, err := readConfig(e)
	if err != nil {
		return nil, err
	}
	return open(e, s)
}

func open(e function.Env, s settings) (*function.Function, error) {
	base, err := function.OpenBase(e, "mail")
	if err != nil {
		return nil, err
	}
	f := &mailer{settings: s, base: base, post: post{base.Store}}
	mux := http.NewServeMux()
	mux.Handle("POST /v1/mail/unsubscribe", rest.Handler(f.unsubscribe))
	return base.Function(mux,
		eventing.On(f.requested),
		eventing.On(f.registered),
		eventing.On(f.verified),
		eventing.On(f.profileUpdated),
		eventing.On(f.post.erase),
		export.From(base.Store, func(e events.Exported) events.Payload { return events.MailExported{Exported: e} }, nil),
	), nil
}

type mailer struct {
	settings
	base *function.Base
	post post
}

func (f *mailer) registered(ctx context.Context, a events.AccountRegistered) error {
	return f.post.learn(ctx, a.UserID, func(p *Person) { p.Speak(a.Locale, a.RegisteredAt) })
}

func (f *mailer) verified(ctx context.Context, a events.AccountVerified) error {
	return f.post.learn(ctx, a.UserID, func(p *Person) {
		p.Prove(a.Email, a.VerifiedAt)
		p.Speak(a.Locale, a.VerifiedAt)
	})
}

func (f *mailer) profileUpdated(ctx context.Context, u events.ProfileUpdated) error {
	return f.post.learn(ctx, u.UserID, func(p *Person) { p.Speak(u.Locale, u.UpdatedAt) })
}

// unsubscribe is the one click of RFC 8058. Again gives the same answer.
func (f *mailer) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	if token == "" {
		return rest.Parameter("token", "the token of a mail")
	}
	invalid := fault.Invalid("invalid_token", "the token is not one of a mail of ours")
	user, template, ok := readToken(token)
	if !ok {
		return invalid
	}
	p, err := f.post.person(r.Context(), user)
	if err != nil {
		return err
	}
	if !goodToken(token, user, template, p.Secret) {
		return invalid
	}
	if err := f.post.decide(r.Context(), user, func(p *Person) { p.Unsubscribe(template) }); err != nil {
		return err
	}
	return rest.NoContent(w)
}
