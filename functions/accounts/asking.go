package accounts

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/eventing"
	"paceline/shared/function/store"
)

// sweepSize is how many of a list one sweep looks at.
const sweepSize = 100

// Asking is how far functions have answered what all of them were asked.
type Asking struct {
	AskedAt time.Time `json:"asked_at"`
	Waiting []string  `json:"waiting"` // functions that have not answered
}

// Answered takes a function's whole answer.
func (a *Asking) Answered(from string) {
	a.Waiting = slices.DeleteFunc(a.Waiting, func(f string) bool { return f == from })
}

// Due says whether it is time to ask again.
func (a *Asking) Due(now time.Time, after time.Duration) bool { return now.Sub(a.AskedAt) >= after }

// answer is the subscription to the answers of one function. Who answers is the
// sender of the type, so that none can speak for another.
func answer[P interface {
	events.Payload
	Answer() A
}, A any](take func(ctx context.Context, from string, answer A) error) eventing.Subscription {
	return eventing.On(func(ctx context.Context, e P) error {
		return take(ctx, events.Senders(e.EventType())[0], e.Answer())
	})
}

// list has the sweep look at a person: before what it will go on with, so that
// nothing is begun that nobody would end.
func (p people) list(ctx context.Context, name, id string) error {
	return p.Update(ctx, name, func(t *store.Tx) error {
		key, now := t.Key(name), t.Now()
		t.Write(func(pipe redis.Pipeliner) { pipe.ZAdd(ctx, key, redis.Z{Score: store.Score(now), Member: id}) })
		return nil
	})
}

// sweep takes the next step of everybody in a list; what fails does not hold up
// others. Who is over leaves it.
func (p people) sweep(name string, next func(ctx context.Context, id string) (over bool, err error)) func(context.Context) error {
	return func(ctx context.Context) error {
		ids, err := p.Client().ZRange(ctx, p.Key(name, name), 0, sweepSize-1).Result()
		if err != nil {
			return store.Wrap(err)
		}
		var failed []error
		for _, id := range ids {
			over, err := next(ctx, id)
			if err == nil && over {
				err = p.unlist(ctx, name, id)
			}
			failed = append(failed, err)
		}
		return errors.Join(failed...)
	}
}

// unlist ends the sweep's looks at a person; for one who was listed a moment ago
// something may be about to begin.
func (p people) unlist(ctx context.Context, name, id string) error {
	return p.Update(ctx, name, func(t *store.Tx) error {
		list := t.Key(name)
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
