package accounts

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/revocation"
	"paceline/shared/function/seal"
	"paceline/shared/function/store"
)

const (
	// erasures is the partition in which all that are under way are listed.
	erasures = "erasures"
	// askAgain is when functions are asked once more: no process remembers a
	// destroyed key for as long.
	askAgain = 2 * seal.KeptFor
)

// Erasure is how far the erasure of a person has come. It names nobody but by id.
type Erasure struct {
	Asking   `json:"asking"`
	UserID   string    `json:"user_id"`
	At       time.Time `json:"at"`
	Round    int       `json:"round"`              // how often all were asked for a full answer, from 1
	Lookups  []string  `json:"lookups,omitempty"`  // names of the address that is to be freed
	Athletes []string  `json:"athletes,omitempty"` // whose coach the person was
}

// rounds is how often every function answers until an erasure is over.
const rounds = 2

// Over says that nobody is waited for any more.
func (e *Erasure) Over() bool { return e.Round >= rounds && len(e.Waiting) == 0 }

// Ask begins the next round when all have answered, or asks in this one again.
// It says whether there is somebody to ask now.
func (e *Erasure) Ask(now time.Time) bool {
	if e.Over() || !e.Due(now, askAgain) {
		return false
	}
	if len(e.Waiting) == 0 {
		e.Round, e.Waiting = e.Round+1, events.Erasers()
	}
	e.AskedAt = now
	return true
}

func (f *accounts) eraseMe(w http.ResponseWriter, r *http.Request) error {
	return f.eraseOne(w, r, caller(r).UserID)
}

// eraseUser erases somebody who cannot do so themselves.
func (f *accounts) eraseUser(w http.ResponseWriter, r *http.Request) error {
	return f.eraseOne(w, r, r.PathValue("id"))
}

// eraseOne begins the erasure of a person, which nothing takes back. An admin is
// erased when the role is gone, which is told of by itself.
func (f *accounts) eraseOne(w http.ResponseWriter, r *http.Request, id string) error {
	ctx := r.Context()
	if err := f.recent(r); err != nil {
		return err
	}
	a, err := f.people.account(ctx, id)
	if err != nil {
		return err
	}
	if slices.Contains(a.Roles, identity.Admin) {
		return fault.Conflict("own_admin_role", "another admin has to take the role admin away first, so that one is left")
	}
	lookups, err := f.people.lookups(ctx, a.Email)
	if err != nil {
		return err
	}
	if err := f.people.list(ctx, erasures, id); err != nil {
		return err
	}
	err = f.people.erase(ctx, id, lookups, func(t *store.Tx) error {
		return f.audit(t, r, function.Deed{Action: "account.erase", Target: id, Outcome: function.Asked})
	})
	if err != nil {
		return err
	}
	if err := f.people.unhand(ctx, id); err != nil { // what stays is the sweep's
		f.log.WarnContext(ctx, "erasure goes on at the next sweep", "error", err)
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// erase ends a person here in one transaction, keys and tokens first, and asks
// every function to follow.
func (p people) erase(ctx context.Context, id string, lookups []string, tell func(*store.Tx) error) error {
	return p.Update(ctx, id, func(t *store.Tx) error {
		var a Account
		found, err := t.GetSealed(id, t.Key("account", id), &a)
		if err != nil {
			return err
		}
		if !found {
			return errAccount()
		}
		athletes, err := p.dropGrants(ctx, t, id)
		if err != nil {
			return err
		}
		t.DestroyKey(id)
		revocation.EndTokens(ctx, t, id)
		if err := endAllSessions(ctx, t, id); err != nil {
			return err
		}
		if err := t.Erase(id, t.Key("sessions", id), t.Key("coaches", id), t.Key("athletes", id), t.Key("versions", id)); err != nil {
			return err
		}
		t.Write(func(pipe redis.Pipeliner) { pipe.ZRem(ctx, t.Key("people"), id) })
		e := Erasure{Asking: Asking{t.Now(), events.Erasers()}, UserID: id, At: t.Now(), Round: 1, Lookups: lookups, Athletes: athletes}
		if err := t.Set(t.Key("erasure", id), e, 0); err != nil {
			return err
		}
		if err := tell(t); err != nil {
			return err
		}
		return t.Emit(events.AccountErased{UserID: id, At: e.AskedAt})
	})
}

// dropGrants ends what coaches see of a person, and says whose coach they are
// themselves.
func (p people) dropGrants(ctx context.Context, t *store.Tx, id string) (athletes []string, err error) {
	r, err := t.Read(t.Key("coaches", id), t.Key("athletes", id))
	if err != nil {
		return nil, err
	}
	coaches, err := r.ZRange(ctx, t.Key("coaches", id), 0, -1).Result()
	if err != nil {
		return nil, store.Wrap(err)
	}
	for _, coach := range coaches {
		if err := dropGrant(ctx, t, id, coach); err != nil {
			return nil, err
		}
	}
	athletes, err = r.ZRange(ctx, t.Key("athletes", id), 0, -1).Result()
	return athletes, store.Wrap(err)
}

// dropGrant ends a grant for good, if there is one.
func dropGrant(ctx context.Context, t *store.Tx, athlete, coach string) error {
	var g Grant
	key := t.Key("coach", athlete, coach)
	if found, err := t.Get(key, &g); err != nil || !found {
		return err
	}
	g.Become(false, nil, t.Now())
	listGrant(ctx, t, t.Key("coaches", athlete), coach, g)
	t.Disown(athlete, key)
	return t.Emit(g.event(athlete, coach))
}

// unhand frees what lies elsewhere of an erased person: exports among the objects,
// the address, and the places of a coach. It may run again.
func (p people) unhand(ctx context.Context, id string) error {
	var e Erasure
	if found, err := p.Get(ctx, p.Key(id, "erasure", id), &e); err != nil || !found {
		return err
	}
	if err := p.objects.RemoveAll(ctx, exportsOf(id)); err != nil {
		return err
	}
	for _, lookup := range e.Lookups {
		if err := p.freeAddress(ctx, lookup, id); err != nil {
			return err
		}
	}
	cause := events.CauseFrom(ctx)
	for _, athlete := range e.Athletes {
		of := events.WithCause(ctx, events.Cause{ID: cause.ID + " " + athlete, Traceparent: cause.Traceparent})
		if err := p.Update(of, athlete, func(t *store.Tx) error { return dropGrant(of, t, athlete, id) }); err != nil {
			return err
		}
	}
	return p.Update(ctx, id, func(t *store.Tx) error {
		e, found, err := erasureIn(t, id)
		if err != nil || !found {
			return err
		}
		e.Lookups, e.Athletes = nil, nil
		return t.Set(t.Key("erasure", id), e, 0)
	})
}

// freeAddress lets others have an address that was the person's.
func (p people) freeAddress(ctx context.Context, lookup, id string) error {
	return p.Update(ctx, lookup, func(t *store.Tx) error {
		var c claim
		if _, err := t.Get(t.Key("email", lookup), &c); err != nil {
			return err
		}
		if c.User == id {
			t.Del(t.Key("email", lookup))
		}
		var pending string
		if _, err := t.Get(t.Key("pending", lookup), &pending); err != nil {
			return err
		}
		if pending == id {
			t.Del(t.Key("pending", lookup))
		}
		return nil
	})
}

func erasureIn(t *store.Tx, id string) (e Erasure, found bool, err error) {
	found, err = t.Get(t.Key("erasure", id), &e)
	return e, found, err
}

// erased takes a function's answer to the newest round.
func (p people) erased(ctx context.Context, from string, answer events.Erased) error {
	return p.UpdateOnce(ctx, answer.UserID, func(t *store.Tx) error {
		e, found, err := erasureIn(t, answer.UserID)
		if err != nil || !found {
			return err
		}
		if answer.At.Equal(e.AskedAt) {
			e.Answered(from)
		}
		return t.Set(t.Key("erasure", answer.UserID), e, 0)
	})
}

// goOn takes the next step of one erasure, and says whether it was the last one:
// after that nothing but the audit log knows of the person.
func (p people) goOn(ctx context.Context, id string) (over bool, err error) {
	if err := p.unhand(ctx, id); err != nil {
		return false, err
	}
	err = p.Update(ctx, id, func(t *store.Tx) error {
		e, found, err := erasureIn(t, id)
		if err != nil {
			return err
		}
		switch over = !found || e.Over(); {
		case !found:
			return nil
		case over:
			t.Del(t.Key("erasure", id))
			return function.AuditEnd(t, "accounts", "erasure."+id, function.Deed{Action: "account.erased", Target: id, Outcome: function.Done})
		case !e.Ask(t.Now()):
			return nil
		}
		if err := t.Set(t.Key("erasure", id), e, 0); err != nil {
			return err
		}
		return t.Emit(events.AccountErased{UserID: id, At: e.AskedAt})
	})
	return over, err
}
