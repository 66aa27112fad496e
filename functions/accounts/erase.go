package accounts

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
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
	// sweepSize is how many erasures one sweep looks at.
	sweepSize = 100
)

// Erasure is how far the erasure of a person has come. It names nobody but by id.
type Erasure struct {
	UserID   string    `json:"user_id"`
	At       time.Time `json:"at"`
	AskedAt  time.Time `json:"asked_at"`
	Round    int       `json:"round"`              // how often all were asked for a full answer, from 1
	Waiting  []string  `json:"waiting"`            // functions that have not answered in this round
	Lookups  []string  `json:"lookups,omitempty"`  // names of the address that is to be freed
	Athletes []string  `json:"athletes,omitempty"` // whose coach the person was
}

// rounds is how often every function answers until an erasure is over.
const rounds = 2

// Answered takes a function's answer to the newest round.
func (e *Erasure) Answered(from string, at time.Time) {
	if at.Equal(e.AskedAt) {
		e.Waiting = slices.DeleteFunc(e.Waiting, func(f string) bool { return f == from })
	}
}

// Over says that nobody is waited for any more.
func (e *Erasure) Over() bool { return e.Round >= rounds && len(e.Waiting) == 0 }

// Ask begins the next round when all have answered, or asks in this one again.
// It says whether there is somebody to ask now.
func (e *Erasure) Ask(now time.Time) bool {
	if e.Over() || now.Sub(e.AskedAt) < askAgain {
		return false
	}
	if len(e.Waiting) == 0 {
		e.Round, e.Waiting = e.Round+1, events.Erasers()
	}
	e.AskedAt = now
	return true
}

func (f *accounts) eraseMe(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), caller(r).UserID
	if err := f.recent(r); err != nil {
		return err
	}
	a, err := f.people.account(ctx, id)
	if err != nil {
		return err
	}
	if slices.Contains(a.Roles, identity.Admin) {
		return fault.Conflict("own_admin_role", "another admin has to take the role admin from you first, so that one is left")
	}
	lookups, err := f.people.lookups(ctx, a.Email)
	if err != nil {
		return err
	}
	if err := f.people.listErasure(ctx, id); err != nil {
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

// listErasure has the sweep look at a person: before the erasure, so that none is
// begun that nobody would end.
func (p people) listErasure(ctx context.Context, id string) error {
	return p.Update(ctx, erasures, func(t *store.Tx) error {
		list, now := t.Key(erasures), t.Now()
		t.Write(func(pipe redis.Pipeliner) { pipe.ZAdd(ctx, list, redis.Z{Score: store.Score(now), Member: id}) })
		return nil
	})
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
		e := Erasure{UserID: id, At: t.Now(), AskedAt: t.Now(), Round: 1, Waiting: events.Erasers(), Lookups: lookups, Athletes: athletes}
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

// unhand frees what other partitions have of an erased person: the address, and
// the places of a coach. It may run again.
func (p people) unhand(ctx context.Context, id string) error {
	var e Erasure
	if found, err := p.Get(ctx, p.Key(id, "erasure", id), &e); err != nil || !found {
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

// answer is the subscription to the answers of one function.
func answer[P interface {
	events.Payload
	Answer() events.Erased
}](p people) eventing.Subscription {
	return eventing.On(func(ctx context.Context, e P) error {
		return p.answered(ctx, events.Senders(e.EventType())[0], e.Answer())
	})
}

// answered takes a function's answer.
func (p people) answered(ctx context.Context, from string, answer events.Erased) error {
	return p.UpdateOnce(ctx, answer.UserID, func(t *store.Tx) error {
		e, found, err := erasureIn(t, answer.UserID)
		if err != nil || !found {
			return err
		}
		e.Answered(from, answer.At)
		return t.Set(t.Key("erasure", answer.UserID), e, 0)
	})
}

// sweepErasures goes on with every erasure; what fails does not hold up others.
func (p people) sweepErasures(ctx context.Context) error {
	ids, err := p.Client().ZRange(ctx, p.Key(erasures, erasures), 0, sweepSize-1).Result()
	if err != nil {
		return store.Wrap(err)
	}
	var failed []error
	for _, id := range ids {
		failed = append(failed, p.goOn(ctx, id))
	}
	return errors.Join(failed...)
}

// goOn takes the next step of one erasure. After the last one nothing but the
// audit log knows of the person.
func (p people) goOn(ctx context.Context, id string) error {
	if err := p.unhand(ctx, id); err != nil {
		return err
	}
	over := false
	err := p.Update(ctx, id, func(t *store.Tx) error {
		e, found, err := erasureIn(t, id)
		if err != nil {
			return err
		}
		switch {
		case !found:
			over = true
			return nil
		case e.Over():
			over = true
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
	if err != nil || !over {
		return err
	}
	return p.unlistErasure(ctx, id)
}

// unlistErasure ends the sweep's looks at a person; one who was listed a moment
// ago may be about to be erased.
func (p people) unlistErasure(ctx context.Context, id string) error {
	return p.Update(ctx, erasures, func(t *store.Tx) error {
		list := t.Key(erasures)
		r, err := t.Read(list)
		if err != nil {
			return err
		}
		at, err := r.ZScore(ctx, list, id).Result()
		switch {
		case errors.Is(err, redis.Nil):
			return nil
		case err != nil:
			return store.Wrap(err)
		case t.Now().Sub(time.UnixMilli(int64(at))) < askAgain:
			return nil
		}
		t.Write(func(pipe redis.Pipeliner) { pipe.ZRem(ctx, list, id) })
		return nil
	})
}
