package gateway

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/store"
)

// blockKey is what lies in the way of who is blocked, beside what counts their
// requests.
func blockKey(who string) []string { return []string{"block", who} }

// blocked is whom an alert or a release is about, as the limiter names them.
func blocked(about, value string) string {
	if about == "address" || about == "actor" {
		return value
	}
	return ""
}

// block lets nobody in whom an alert says so of, for as long as it says. A
// release that came first, though it was said later, holds.
func (g *gateway) block(ctx context.Context, a events.SecurityAlert) error {
	who := blocked(a.About, a.Value)
	if a.BlockUntil == nil || who == "" {
		return nil
	}
	left := a.BlockUntil.Sub(g.now())
	if left <= 0 {
		return nil
	}
	return g.store.UpdateOnce(ctx, who, func(t *store.Tx) error {
		var released time.Time
		if _, err := t.Get(t.Key("released", who), &released); err != nil {
			return err
		}
		if a.LastAt.After(released) {
			t.Write(func(p redis.Pipeliner) { p.Set(ctx, t.Key(blockKey(who)...), a.AlertID, left) })
		}
		return nil
	})
}

// release ends a block.
func (g *gateway) release(ctx context.Context, r events.SecurityReleased) error {
	who := blocked(r.About, r.Value)
	if who == "" {
		return nil
	}
	return g.store.UpdateOnce(ctx, who, func(t *store.Tx) error {
		t.Del(t.Key(blockKey(who)...))
		return t.Set(t.Key("released", who), r.ReleasedAt, 24*time.Hour)
	})
}
