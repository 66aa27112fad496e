package revocation_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/redistest"
	"paceline/shared/function/revocation"
	"paceline/shared/function/store"
)

var start = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// world is accounts, which revokes, and a gateway, which asks.
type world struct {
	t        *testing.T
	clock    atomic.Int64
	accounts *store.Store
	checker  *revocation.Checker
	gateway  redis.UniversalClient
}

func newWorld(t *testing.T, address string) *world {
	t.Helper()
	w := &world{t: t}
	w.clock.Store(start.UnixNano())
	now := func() time.Time { return time.Unix(0, w.clock.Load()) }
	dial := func() redis.UniversalClient {
		c, err := store.Dial(address, store.TLS{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	w.accounts = store.New(store.Config{Function: "accounts", Client: dial(), Now: now})
	w.gateway = dial()
	w.checker = revocation.NewChecker(store.New(store.Config{Function: "gateway", Client: w.gateway, Now: now}))
	return w
}

func (w *world) advance(d time.Duration) { w.clock.Add(int64(d)) }

func (w *world) change(do func(ctx context.Context, t *store.Tx)) {
	w.t.Helper()
	ctx := w.t.Context()
	if err := w.accounts.Update(ctx, "ann", func(t *store.Tx) error { do(ctx, t); return nil }); err != nil {
		w.t.Fatal(err)
	}
}

// want checks the status for tokens of sessions that were issued at a time.
func (w *world) want(status int, user, session string, issued time.Time) {
	w.t.Helper()
	err := w.checker.Check(w.t.Context(), identity.Caller{UserID: user, SessionID: session, IssuedAt: issued})
	if got := fault.Of(err).Status; err != nil && got != status || err == nil && status != http.StatusOK {
		w.t.Errorf("%s in %s, issued %s: %v, want %d", user, session, issued.Sub(start), err, status)
	}
}

func TestWhatIsRevokedBitesWithinASecond(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{"one node": redistest.URL(t), "a cluster": redistest.ClusterURL(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, address)
			w.want(200, "ann", "phone", start)
			w.want(200, "ann", "watch", start)
			w.change(func(ctx context.Context, t *store.Tx) { revocation.EndSessions(ctx, t, "ann", "phone") })
			w.advance(500 * time.Millisecond)
			w.want(401, "ann", "phone", start)
			w.want(200, "ann", "watch", start)
			w.want(200, "ben", "phone", start)

			w.change(func(ctx context.Context, t *store.Tx) { revocation.EndTokens(ctx, t, "ann") })
			w.advance(500 * time.Millisecond)
			w.want(401, "ann", "watch", start)
			w.want(401, "ann", "watch", start.Add(499*time.Millisecond))
			w.want(200, "ann", "watch", start.Add(500*time.Millisecond)) // made in the same moment: by a refresh that saw the change
			w.want(200, "ben", "watch", start)
		})
	}
}

func TestWhatCannotBeKnownIsUnavailable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, redistest.URL(t))
	w.want(200, "ann", "phone", start)
	_ = w.gateway.Close()
	w.want(200, "ann", "phone", start) // it was asked just now
	w.advance(500 * time.Millisecond)
	w.want(503, "ann", "phone", start)
}

func TestAMarkThatIsNoTimeVoidsAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, redistest.URL(t))
	w.change(func(ctx context.Context, t *store.Tx) {
		t.Write(func(p redis.Pipeliner) { p.Set(ctx, t.PublishedKey("notbefore", "ann"), "soon", 0) })
	})
	w.want(401, "ann", "phone", start)
}

func TestMarksEndByThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, redistest.URL(t))
	w.change(func(ctx context.Context, t *store.Tx) {
		revocation.EndSessions(ctx, t, "ann", "phone")
		revocation.EndTokens(ctx, t, "ann")
	})
	for _, key := range []string{w.accounts.PublishedKey("ann", "ended", "ann", "phone"), w.accounts.PublishedKey("ann", "notbefore", "ann")} {
		left, err := w.gateway.TTL(t.Context(), key).Result()
		if err != nil || left <= identity.AccessTTL || left > identity.AccessTTL+5*time.Minute {
			t.Errorf("%s lives for %s (%v)", key, left, err)
		}
	}
}
