package accounts

import (
	"context"
	"net/http"
	"time"

	"paceline/shared/function/fault"
	"paceline/shared/function/store"
)

// tries is a series of attempts that failed, or whose end is not known yet.
type tries struct {
	Failed int       `json:"failed"`
	Until  time.Time `json:"until"` // before that none is heard
}

// limit is how much guessing is allowed: some attempts at once, then each waits
// twice as long as the one before.
type limit struct {
	free              int // failures without a wait
	most              int // failures after which only another way in helps; 0 is no end
	shortest, longest time.Duration
	remembered        time.Duration // since the last attempt
}

// NIST SP 800-63B-4: waits from 30 s to an hour, and a hundred failures at most.
var (
	perAccount = limit{free: 5, most: 100, shortest: 30 * time.Second, longest: time.Hour, remembered: 90 * 24 * time.Hour}
	perDevice  = perAccount
	perSession = perAccount
	perAddress = limit{free: 100, shortest: 30 * time.Second, longest: time.Hour, remembered: time.Hour}
	perMailbox = limit{free: 5, shortest: 30 * time.Second, longest: time.Hour, remembered: time.Hour}
)

// attempt counts an attempt as failed, before it is known what it is worth: so
// many at once are as many as one after the other. It says how long to wait
// when it is not to be heard.
func (l limit) attempt(t *tries, now time.Time) (wait time.Duration) {
	if wait := t.Until.Sub(now); wait > 0 {
		return min(wait, l.longest)
	}
	if l.most > 0 && t.Failed >= l.most {
		return l.longest
	}
	t.Failed++
	if over := t.Failed - l.free; over >= 0 {
		t.Until = now.Add(l.wait(over))
	}
	return 0
}

func (l limit) wait(over int) time.Duration {
	if over > 16 {
		return l.longest
	}
	return min(l.shortest<<over, l.longest)
}

// series is where the tries of something are kept.
type series struct {
	limit
	partition string
	parts     []string
}

func (p people) tries(l limit, partition string, parts ...string) series {
	return series{l, partition, append([]string{"tries"}, parts...)}
}

func errTooMany(wait time.Duration) error {
	f := fault.New(http.StatusTooManyRequests, "too_many_attempts", "too many attempts; wait, or sign in where you have before")
	f.RetryAfter = wait
	return f
}

// begin counts an attempt, or refuses it with 429. Where that cannot be counted,
// it is refused too. failed is how many failed before.
func (p people) begin(ctx context.Context, s series) (failed int, err error) {
	var wait time.Duration
	err = p.Update(ctx, s.partition, func(t *store.Tx) error {
		var now tries
		if _, err := t.Get(t.Key(s.parts...), &now); err != nil {
			return err
		}
		failed = now.Failed
		if wait = s.attempt(&now, t.Now()); wait > 0 {
			return nil
		}
		return t.Set(t.Key(s.parts...), now, s.remembered)
	})
	switch {
	case err != nil && fault.Of(err).Status == http.StatusConflict: // so many at once
		return failed, errTooMany(time.Second)
	case err == nil && wait > 0:
		return failed, errTooMany(wait)
	}
	return failed, err
}

// takeBack makes the last attempt of a series none.
func (p people) takeBack(ctx context.Context, s series) error {
	return p.Update(ctx, s.partition, func(t *store.Tx) error {
		var now tries
		found, err := t.Get(t.Key(s.parts...), &now)
		if err != nil || !found {
			return err
		}
		now = tries{Failed: max(0, now.Failed-1)}
		return t.Set(t.Key(s.parts...), now, s.remembered)
	})
}

// forget ends a series.
func (p people) forget(ctx context.Context, s series) error {
	return store.Wrap(p.Client().Del(ctx, p.Key(s.partition, s.parts...)).Err())
}
