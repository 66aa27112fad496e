package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/seal"
	"paceline/shared/function/store"
	"paceline/shared/objects"
)

// Access is what this function may do in Redis.
var Access = store.Declare(store.Access{Function: "watch", Appends: true})

// Objects is what of the bucket this function touches.
var Objects = objects.Access{Function: "watch", Creates: []string{anchorPrefix}}

const (
	// partition holds the list of alerts: they are few, and operators look at all.
	partition = "alerts"
	// keepFor is how long an alert is kept after it was last said.
	keepFor = 90 * 24 * time.Hour
)

// The states of an alert.
const (
	stateOpen         = "open"
	stateAcknowledged = "acknowledged"
	stateReleased     = "released"
)

// Alert is what operators look at.
type Alert struct {
	events.SecurityAlert
	State     string    `json:"state"`
	ChangedBy string    `json:"changed_by,omitempty"`
	ChangedAt time.Time `json:"changed_at,omitzero"`
}

// say takes an alert that was said again: what an operator did about it stays,
// but for a release, which the next attack ends.
func (a *Alert) say(said events.SecurityAlert) {
	if said.LastAt.Before(a.LastAt) {
		return
	}
	if a.State == "" || a.State == stateReleased && said.LastAt.After(a.ChangedAt) {
		a.State = stateOpen
	}
	a.SecurityAlert = said
}

// count counts a signal under one rule.
func (f *watch) count(ctx context.Context, r rule, about string, s events.SecuritySignal) error {
	now := f.base.Now().UTC()
	return f.store.UpdateOnce(ctx, r.id+" "+about, func(t *store.Tx) error {
		var w Window
		key := t.Key("window", r.id, about)
		if _, err := t.GetSealed(seal.Platform, key, &w); err != nil {
			return err
		}
		w.add(r, s, now)
		if w.judge(r, now, alertID(r, about, s)) {
			if err := t.Emit(w.alert(r, about, s, now)); err != nil {
				return err
			}
		}
		return t.SetSealed(seal.Platform, key, w, r.within+2*sayAgain)
	})
}

// alertID is the id of the alert that a signal leads to.
func alertID(r rule, about string, s events.SecuritySignal) string {
	sum := sha256.Sum256([]byte(r.id + "\x00" + about + "\x00" + s.SignalID))
	return hex.EncodeToString(sum[:12])
}

// keep puts an alert into the list, and asks for the mails about it.
func (f *watch) keep(ctx context.Context, said events.SecurityAlert) error {
	f.counters.alert(ctx, said)
	return f.store.UpdateOnce(ctx, partition, func(t *store.Tx) error {
		var a Alert
		key, list := t.Key("alert", said.AlertID), t.Key("alerts")
		if _, err := t.GetSealed(seal.Platform, key, &a); err != nil {
			return err
		}
		a.say(said)
		t.Write(func(p redis.Pipeliner) {
			p.ZAdd(ctx, list, redis.Z{Score: store.Score(a.LastAt), Member: a.AlertID})
			p.ZRemRangeByScore(ctx, list, "-inf", scoreText(a.LastAt.Add(-keepFor)))
		})
		for _, to := range f.config.AlertEmails {
			if err := t.Emit(mailAbout(a, to, f.config.PublicURL)); err != nil {
				return err
			}
		}
		return t.SetSealed(seal.Platform, key, a, keepFor)
	})
}

// change lets the operator who asks change an alert.
func (f *watch) change(r *http.Request, d function.Deed, state string) (Alert, error) {
	var a Alert
	err := f.store.Update(r.Context(), partition, func(t *store.Tx) error {
		key := t.Key("alert", d.Target)
		a = Alert{}
		found, err := t.GetSealed(seal.Platform, key, &a)
		if err == nil && !found {
			err = errAlert()
		}
		if err != nil {
			return err
		}
		now := f.base.Now().UTC()
		a.State, a.ChangedBy, a.ChangedAt = state, identity.UserID(r), now
		d.Detail = a.Rule
		if err := function.Audit(t, "watch", r, d); err != nil {
			return err
		}
		if state == stateReleased {
			a.BlockUntil = nil
			if err := t.Emit(events.SecurityReleased{AlertID: a.AlertID, About: a.About, Value: a.Value, ReleasedAt: now}); err != nil {
				return err
			}
		}
		return t.SetSealed(seal.Platform, key, a, keepFor)
	})
	return a, err
}

func errAlert() error { return fault.NotFound("alert_not_found", "there is no such alert") }
