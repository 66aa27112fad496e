package mail

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"time"

	"paceline/events"
	"paceline/shared/function/fault"
)

const (
	// endTimeout is how long we try to write down what happened to a mail.
	endTimeout = 15 * time.Second
	// retryAfter is when a mail server that had no time may have some.
	retryAfter = 30 * time.Second
)

// requested sends the mail of a request; see the package's promises.
func (f *mailer) requested(ctx context.Context, r events.MailRequested) error {
	if r.Key == "" {
		return fault.Invalid("missing_key", "a mail needs a key")
	}
	d, err := f.post.find(ctx, r.Key)
	if err != nil {
		return err
	}
	switch {
	case d.final():
		return f.closed(ctx, r.Key, d)
	case d.busy(f.base.Now()):
		return inProgress()
	}
	k, err := kindOf(r.Template, r.Data)
	if err != nil {
		return err
	}
	p, to, err := f.addressee(ctx, r, k)
	if err != nil {
		return err
	}
	if d.State == "" { // what a crash left may have been sent: it cannot be called off
		why, err := f.unwelcome(ctx, r, k, p, to)
		if err != nil {
			return err
		}
		if why != "" {
			return f.bounce(ctx, r, why)
		}
	}
	l, err := f.write(ctx, r, k, p, to)
	if err != nil {
		return err
	}
	return f.deliver(ctx, r, l)
}

// closed answers for a key that is done with. Events of this request that the
// first delivery left in the outbox go out now.
func (f *mailer) closed(ctx context.Context, key string, d delivery) error {
	if d.State == unknown {
		return outcomeUnknown(errors.New(d.Reason))
	}
	return f.post.end(ctx, key, events.MailSent{Key: key})
}

func outcomeUnknown(err error) error {
	return fault.Invalid("mail_outcome_unknown", "nobody knows whether this mail was sent, so it is not sent again").Because(err)
}

func inProgress() error {
	return fault.Conflict("mail_in_progress", "this mail is being sent now")
}

// addressee finds whom a mail goes to.
func (f *mailer) addressee(ctx context.Context, r events.MailRequested, k kind) (p Person, to string, err error) {
	if r.UserID == "" && (r.To == "" || !k.account) {
		return p, "", fault.Invalid("missing_user", "the mail %q needs a person", r.Template)
	}
	if r.UserID != "" {
		if p, err = f.post.person(ctx, r.UserID); err != nil {
			return p, "", err
		}
	}
	to = cmp.Or(r.To, p.Email)
	if to == "" {
		wait := fault.Conflict("address_not_known", "the person has proven no address yet")
		wait.RetryAfter = 2 * time.Second // the event that tells it is usually on its way
		return p, "", wait
	}
	to, err = recipient(to)
	return p, to, err
}

// unwelcome is why a mail must not be sent, or "".
func (f *mailer) unwelcome(ctx context.Context, r events.MailRequested, k kind, p Person, to string) (string, error) {
	if !k.account && !p.Wants(r.Template) {
		return "unsubscribed", nil
	}
	stop, err := f.post.suppressed(ctx, to)
	if err != nil || !stop {
		return "", err
	}
	return "suppressed", nil
}

// write makes the letter.
func (f *mailer) write(ctx context.Context, r events.MailRequested, k kind, p Person, to string) (letter, error) {
	words, err := render(r.Template, view{
		Locale: localeOf(r.Locale, p.Locale), Data: r.Data, Link: k.link(f.public, r.Data), Optional: !k.account,
	})
	if err != nil {
		return letter{}, err
	}
	unsubscribe := ""
	if !k.account {
		secret, err := f.post.secret(ctx, r.UserID, p)
		if err != nil {
			return letter{}, err
		}
		u := f.public.JoinPath("/v1/mail/unsubscribe")
		u.RawQuery = url.Values{"token": {unsubscribeToken(r.UserID, r.Template, secret)}}.Encode()
		unsubscribe = u.String()
	}
	raw, err := f.compose(words, to, r.Key, unsubscribe, f.base.Now())
	return letter{digest: digest(r.Key), from: f.from.Address, to: to, raw: raw}, err
}

// deliver connects, claims the key, sends and writes down the end.
func (f *mailer) deliver(ctx context.Context, r events.MailRequested, l letter) error {
	session, err := f.transport.connect(ctx)
	if err != nil {
		return fault.Unavailable("mail_server_unavailable", retryAfter, err)
	}
	defer session.close()
	claim, mine := rand.Text(), false
	d, err := f.post.change(ctx, r.Key, func(d *delivery) {
		mine = d.take(claim, f.base.Now(), f.transport.repeatable())
	})
	switch {
	case err != nil:
		return err
	case d.final():
		return f.closed(ctx, r.Key, d)
	case !mine:
		return inProgress()
	}
	l.at = d.FirstAt
	// Whoever asked may go away; what happens to the mail must be known.
	ctx = context.WithoutCancel(ctx)
	return f.ended(ctx, r, claim, l.to, session.send(ctx, l))
}

// ended writes down what sending came to.
func (f *mailer) ended(ctx context.Context, r events.MailRequested, claim, to string, err error) error {
	var no *refusal
	switch {
	case err == nil:
		return f.insist(ctx, func(ctx context.Context) error {
			return f.post.end(ctx, r.Key, events.MailSent{Key: r.Key, UserID: r.UserID, Template: r.Template, SentAt: f.base.Now()})
		})
	case errors.As(err, &no):
		return f.insist(ctx, func(ctx context.Context) error {
			if no.hard() {
				if err := f.post.suppress(ctx, to); err != nil {
					return err
				}
			}
			return f.bounce(ctx, r, no.Error())
		})
	case errors.Is(err, errUnknown):
		return errors.Join(outcomeUnknown(err), f.insist(ctx, func(ctx context.Context) error {
			_, err := f.post.change(ctx, r.Key, func(d *delivery) { d.end(unknown, "the connection broke", f.base.Now()) })
			return err
		}))
	}
	return errors.Join(fault.Unavailable("mail_not_taken", retryAfter, err), f.insist(ctx, func(ctx context.Context) error {
		_, err := f.post.change(ctx, r.Key, func(d *delivery) { d.release(claim) })
		return err
	}))
}

func (f *mailer) bounce(ctx context.Context, r events.MailRequested, reason string) error {
	return f.post.end(ctx, r.Key, events.MailBounced{Key: r.Key, UserID: r.UserID, Template: r.Template, Reason: reason, At: f.base.Now()})
}

// insist tries for a while: a mail that went out and could not be written down
// would end as unknown.
func (f *mailer) insist(ctx context.Context, write func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	for {
		err := write(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(250 * time.Millisecond):
		}
	}
}
