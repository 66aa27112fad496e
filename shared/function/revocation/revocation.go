// Package revocation says which of a person's access tokens are void before
// they expire, so that a sign-out, a new password or a taken role bites within
// a second.
//
//	keys:{p}:notbefore:<user>        tokens issued before it are void (ms)
//	keys:{p}:ended:<user>:<session>  tokens of this sign-in are void
//
// accounts writes both, in the change that is the reason, and they live a
// little longer than the tokens that they are about. Whoever takes access
// tokens (the gateway) asks a Checker at each request.
package revocation

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/store"
)

const (
	// outlives is how long a mark stays: until the last token that it is about
	// has expired, with the leeway of verifiers and of clocks.
	outlives = identity.AccessTTL + 2*time.Minute
	// freshFor is how long a good answer is believed: what is revoked bites
	// after it at the latest.
	freshFor = 500 * time.Millisecond
	// maxKept bounds what a Checker remembers.
	maxKept = 50_000
)

// EndSessions makes the tokens of sign-ins void when t is committed.
func EndSessions(ctx context.Context, t *store.Tx, user string, sessions ...string) {
	for _, id := range sessions {
		key := t.PublishedKey("ended", user, id)
		t.Write(func(p redis.Pipeliner) { p.Set(ctx, key, "1", outlives) })
	}
}

// EndTokens makes all tokens that a person has by now void when t is committed:
// the next ones, of the same sign-ins, are good.
func EndTokens(ctx context.Context, t *store.Tx, user string) {
	key, now := t.PublishedKey("notbefore", user), t.Now().UnixMilli()
	t.Write(func(p redis.Pipeliner) { p.Set(ctx, key, now, outlives) })
}

// Checker says whether tokens that verify are still good. It is safe for
// concurrent use.
type Checker struct {
	s *store.Store

	mu   sync.Mutex
	good map[sign]time.Time // until when it is believed
}

// sign is one sign-in of a person, and when a token of it was issued.
type sign struct {
	user, session string
	issued        int64
}

// NewChecker asks s, whose user may read keys:.
func NewChecker(s *store.Store) *Checker { return &Checker{s: s, good: map[sign]time.Time{}} }

// Check is nil when the token that who comes from is still good. It is 401 when
// it is void, and 503 when that cannot be known now.
func (c *Checker) Check(ctx context.Context, who identity.Caller) error {
	k := sign{who.UserID, who.SessionID, who.IssuedAt.UnixMilli()}
	now := c.s.Now()
	if c.believed(k, now) {
		return nil
	}
	values, err := c.s.Client().MGet(ctx, c.s.PublishedKey(who.UserID, "notbefore", who.UserID), c.s.PublishedKey(who.UserID, "ended", who.UserID, who.SessionID)).Result()
	if err != nil {
		return store.Wrap(err)
	}
	if values[1] != nil || before(k.issued, values[0]) {
		return fault.Unauthorized("token_revoked", "the token is no longer good: sign in, or refresh it")
	}
	c.believe(k, now.Add(freshFor))
	return nil
}

// before says whether issued lies before a stored time; what is stored and is
// not a time voids everything.
func before(issued int64, stored any) bool {
	if stored == nil {
		return false
	}
	text, _ := stored.(string)
	from, err := strconv.ParseInt(text, 10, 64)
	return err != nil || issued < from
}

func (c *Checker) believed(k sign, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return now.Before(c.good[k])
}

func (c *Checker) believe(k sign, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.good) >= maxKept {
		clear(c.good)
	}
	c.good[k] = until
}
