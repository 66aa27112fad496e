package accounts

import (
	"context"
	"crypto/subtle"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/fault"
	"paceline/shared/function/revocation"
	"paceline/shared/function/store"
	"paceline/shared/objects/sealed"
)

// Access is what this function may do in Redis.
var Access = store.Declare(store.Access{
	Function:  "accounts",
	Commands:  []string{"expire", "persist", "setnx", "ttl", "zcard", "zrangebylex", "zscore"},
	Publishes: true,
})

// The purposes of mail tokens.
const (
	purposeVerify = "verify"
	purposeReset  = "reset"
)

// people is the state of this function.
type people struct {
	*store.Store
	keys    keyring
	objects sealed.Store
}

func errToken() error {
	return fault.BadRequest("invalid_token", "the link is not valid, was used, or is too old; ask for a new one")
}

// orToken hides that an account is not there, and nothing else.
func orToken(err error) error {
	if fault.Of(err).Status == http.StatusNotFound {
		return errToken()
	}
	return err
}

func errAccount() error { return fault.NotFound("account_not_found", "there is no such account") }

// account reads one account.
func (p people) account(ctx context.Context, id string) (Account, error) {
	var a Account
	found, err := p.GetSealed(ctx, id, p.Key(id, "account", id), &a)
	if err == nil && !found {
		err = errAccount()
	}
	return a, err
}

// change applies rule to an account that is there.
func (p people) change(ctx context.Context, id string, rule func(*store.Tx, *Account) error) (Account, error) {
	var out Account
	err := p.Update(ctx, id, func(t *store.Tx) error {
		out = Account{}
		found, err := t.GetSealed(id, t.Key("account", id), &out)
		if err != nil {
			return err
		}
		if !found {
			return errAccount()
		}
		if err := rule(t, &out); err != nil {
			return err
		}
		return saveAccount(t, out)
	})
	return out, err
}

// saveAccount keeps a proven account for ever, and another for as long as it
// may still be proven.
func saveAccount(t *store.Tx, a Account) error {
	ttl := time.Duration(0)
	if !a.Verified {
		ttl = unprovenTTL
	}
	return t.SetSealed(a.UserID, t.Key("account", a.UserID), a, ttl)
}

// claim is who proved an address, or is about to. One that is not confirmed
// ends by itself, so that what failed half way does not lock the address.
type claim struct {
	User string    `json:"user"`
	At   time.Time `json:"at"`
}

// claimHolds is how long a claim keeps others off while its account is proven.
const claimHolds = time.Minute

// lookups are the names that an address is found by, the one to write first.
func (p people) lookups(ctx context.Context, email string) ([]string, error) {
	return p.Keys().Lookup(ctx, "mail address", normalEmail(email))
}

// owner is whose address it is: proven, or "" and the newest who may prove it.
func (p people) owner(ctx context.Context, email string) (proven, pending string, err error) {
	lookups, err := p.lookups(ctx, email)
	if err != nil {
		return "", "", err
	}
	for _, lookup := range lookups {
		var c claim
		if _, err := p.Get(ctx, p.Key(lookup, "email", lookup), &c); err != nil {
			return "", "", err
		}
		if c.User == "" {
			continue
		}
		a, err := p.account(ctx, c.User)
		switch {
		case err == nil && a.Verified:
			return c.User, "", nil
		case err == nil:
			return "", c.User, nil
		case fault.Of(err).Status != http.StatusNotFound:
			return "", "", err
		}
	}
	for _, lookup := range lookups {
		if _, err = p.Get(ctx, p.Key(lookup, "pending", lookup), &pending); err != nil || pending != "" {
			break
		}
	}
	return "", pending, err
}

// expect remembers who asked last for an account with an address, so that a
// sign-in before the proof can say what is missing.
func (p people) expect(ctx context.Context, email, user string) error {
	lookups, err := p.lookups(ctx, email)
	if err != nil {
		return err
	}
	return p.Update(ctx, lookups[0], func(t *store.Tx) error { return t.Set(t.Key("pending", lookups[0]), user, unprovenTTL) })
}

// claim makes an address the user's, unless another proved it before or is
// doing so now. The claim ends by itself unless it is confirmed.
func (p people) claim(ctx context.Context, email, user string) error {
	lookups, err := p.lookups(ctx, email)
	if err != nil {
		return err
	}
	proven, _, err := p.owner(ctx, email)
	if err != nil {
		return err
	}
	if proven != "" && proven != user {
		return errToken()
	}
	return p.Update(ctx, lookups[0], func(t *store.Tx) error {
		var c claim
		key := t.Key("email", lookups[0])
		if _, err := t.Get(key, &c); err != nil {
			return err
		}
		if c.User != "" && c.User != user && t.Now().Sub(c.At) < claimHolds {
			return errToken()
		}
		t.Del(t.Key("pending", lookups[0]))
		return t.Set(key, claim{user, t.Now()}, unprovenTTL)
	})
}

// confirm makes a claim last, once its account is proven, under the newest name
// of the address. It costs a write only while it is not so.
func (p people) confirm(ctx context.Context, email, user string) error {
	lookups, err := p.lookups(ctx, email)
	if err != nil {
		return err
	}
	ttl, err := p.Client().TTL(ctx, p.Key(lookups[0], "email", lookups[0])).Result()
	if err != nil || ttl == lasting {
		return store.Wrap(err)
	}
	return p.Update(ctx, lookups[0], func(t *store.Tx) error {
		return t.Set(t.Key("email", lookups[0]), claim{user, t.Now()}, 0)
	})
}

// lasting is how Redis says that a key does not expire.
const lasting = time.Duration(-1)

// heldToken is what is kept of a mail token.
type heldToken struct {
	Digest string    `json:"digest"`
	Until  time.Time `json:"until"`
}

// putToken makes stored the only mail token of its purpose.
func putToken(t *store.Tx, user, purpose, stored string, ttl time.Duration) error {
	t.Own(user, t.Key("token", user, purpose), ttl)
	return t.Set(t.Key("token", user, purpose), heldToken{stored, t.Now().Add(ttl)}, ttl)
}

// is says whether stored is this token, in time.
func (h heldToken) is(stored string, now time.Time) error {
	if subtle.ConstantTimeCompare([]byte(h.Digest), []byte(stored)) != 1 || now.After(h.Until) {
		return errToken()
	}
	return nil
}

// checkToken is nil when stored is the newest mail token of its purpose.
func checkToken(t *store.Tx, user, purpose, stored string) error {
	var held heldToken
	if _, err := t.Get(t.Key("token", user, purpose), &held); err != nil {
		return err
	}
	return held.is(stored, t.Now())
}

// peekToken is checkToken outside of a change.
func (p people) peekToken(ctx context.Context, user, purpose, stored string) error {
	var held heldToken
	if _, err := p.Get(ctx, p.Key(user, "token", user, purpose), &held); err != nil {
		return err
	}
	return held.is(stored, p.Now())
}

// saveSession keeps a session until 30 days after its sign-in.
func saveSession(ctx context.Context, t *store.Tx, user string, s Session) error {
	left := sessionTTL - t.Now().Sub(s.CreatedAt)
	if left <= 0 {
		endSession(ctx, t, user, s.ID)
		return nil
	}
	list := t.Key("sessions", user)
	t.Write(func(pipe redis.Pipeliner) {
		pipe.ZAdd(ctx, list, redis.Z{Score: store.Score(s.RotatedAt), Member: s.ID})
		pipe.ZRemRangeByScore(ctx, list, "-inf", strconv.FormatInt(t.Now().Add(-sessionTTL).UnixMilli(), 10))
		pipe.Expire(ctx, list, sessionTTL)
	})
	return t.SetSealed(user, t.Key("session", user, s.ID), s, left)
}

func endSession(ctx context.Context, t *store.Tx, user string, ids ...string) {
	revocation.EndSessions(ctx, t, user, ids...)
	list := t.Key("sessions", user)
	for _, id := range ids {
		t.Del(t.Key("session", user, id))
		t.Write(func(pipe redis.Pipeliner) { pipe.ZRem(ctx, list, id) })
	}
}

// endAllSessions signs a person out everywhere.
func endAllSessions(ctx context.Context, t *store.Tx, user string) error {
	return endSessions(ctx, t, user, "")
}

// endSessions ends all sessions of a person except one.
func endSessions(ctx context.Context, t *store.Tx, user, except string) error {
	list := t.Key("sessions", user)
	r, err := t.Read(list)
	if err != nil {
		return err
	}
	ids, err := r.ZRange(ctx, list, 0, -1).Result()
	if err != nil {
		return store.Wrap(err)
	}
	endSession(ctx, t, user, slices.DeleteFunc(ids, func(id string) bool { return id == except })...)
	return nil
}
