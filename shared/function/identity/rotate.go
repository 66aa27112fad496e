package identity

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Part is the signing keys of one issuer, as PEM.
type Part struct {
	Issuer        string
	Current, Next []byte // Next is nil when there is none
}

// Keeper is where the keys of all parts lie: files, or Secrets and a ConfigMap.
// Each of its changes is made as a whole or not at all.
type Keeper interface {
	Parts(ctx context.Context) ([]Part, error)
	// Prepare keeps a next key, unless there is one.
	Prepare(ctx context.Context, issuer string, next []byte) error
	// Promote makes the next key the current one, unless that has changed.
	Promote(ctx context.Context, issuer string, next []byte) error
	// KeySet reads the public keys; UpdateKeySet changes them, and does so again
	// on a newer set when somebody else changed them.
	KeySet(ctx context.Context) (KeySet, error)
	UpdateKeySet(ctx context.Context, change func(*KeySet) error) error
}

// Progress is how far a rotation is after a step.
type Progress struct {
	Stage Stage         `json:"stage,omitempty"`
	Done  bool          `json:"done"`
	Wait  time.Duration `json:"wait_ns"` // until the next step can be made
	Keys  []string      `json:"keys"`    // the ids of the keys that sign now
}

var errMoved = errors.New("identity: another command has moved the rotation on")

// Rotate makes the next step of giving every part a new signing key, as far as
// the time for it has come. It begins a rotation when none is under way. All of
// its state is with the Keeper, so that whoever is interrupted, or comes later,
// calls it again:
//
//  1. the next public keys are published; until every part has read them
//     (spread for the documents to arrive, and the age at which parts read them
//     again) all sign with the old keys
//  2. the next keys sign; the old public keys stay until the last token of a
//     person or a part that was signed with them has ended
//  3. the old public keys are taken out; for events, whose tokens hold for days,
//     they are good until the last of those has ended, unless forget says that
//     they are in wrong hands
func Rotate(ctx context.Context, k Keeper, now time.Time, spread time.Duration, forget bool) (Progress, error) {
	for tries := 0; ; tries++ {
		p, err := rotate(ctx, k, now, spread, forget)
		if !errors.Is(err, errMoved) || tries == 3 {
			return p, err
		}
	}
}

func rotate(ctx context.Context, k Keeper, now time.Time, spread time.Duration, forget bool) (Progress, error) {
	set, err := k.KeySet(ctx)
	if err != nil {
		return Progress{}, err
	}
	r := Rotation{}
	if set.Rotation != nil {
		r = *set.Rotation
	}
	if wait := r.Since.Add(lasts(r.Stage, spread)).Sub(now); r.Stage != "" && wait > 0 {
		return progress(ctx, k, r.Stage, wait)
	}
	next := Stage("")
	switch r.Stage {
	case "":
		next, err = Published, publish(ctx, k, r, now)
	case Published:
		next, err = Switched, promote(ctx, k, r, now)
	case Switched:
		err = retire(ctx, k, r, now, forget)
	default:
		err = fmt.Errorf("identity: JWKS: rotation: unknown stage %q", r.Stage)
	}
	if err != nil {
		return Progress{}, err
	}
	return progress(ctx, k, next, lasts(next, spread))
}

// lasts is how long all parts stay in a stage.
func lasts(s Stage, spread time.Duration) time.Duration {
	switch s {
	case Published:
		return spread + keysMaxAge + keysMinAge
	case Switched:
		return spread + signerMaxAge + AccessTTL + leeway
	}
	return 0
}

func progress(ctx context.Context, k Keeper, s Stage, wait time.Duration) (Progress, error) {
	p := Progress{Stage: s, Done: s == "", Wait: wait}
	parts, err := k.Parts(ctx)
	for _, part := range parts {
		key, bad := ParseKey(part.Issuer, part.Current)
		err = errors.Join(err, bad)
		p.Keys = append(p.Keys, key.id)
	}
	return p, err
}

// publish makes the next keys and puts their public halves beside the others.
func publish(ctx context.Context, k Keeper, r Rotation, now time.Time) error {
	parts, err := k.Parts(ctx)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if part.Next != nil {
			continue
		}
		next, err := GenerateKey()
		if err != nil {
			return err
		}
		if err := k.Prepare(ctx, part.Issuer, next); err != nil {
			return err
		}
	}
	keys, err := nextKeys(ctx, k)
	if err != nil {
		return err
	}
	return advance(ctx, k, r, func(s *KeySet) {
		s.Add(keys...)
		s.Rotation = &Rotation{Published, now}
	})
}

// nextKeys reads the next keys again: another command may have made them.
func nextKeys(ctx context.Context, k Keeper) ([]Key, error) {
	parts, err := k.Parts(ctx)
	if err != nil {
		return nil, err
	}
	var keys []Key
	for _, part := range parts {
		if part.Next == nil {
			continue
		}
		key, err := ParseKey(part.Issuer, part.Next)
		if err != nil {
			return nil, fmt.Errorf("the next key of %s: %w", part.Issuer, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// promote lets the next keys sign. One that is not published does not: then
// the set was changed by hand, and publishing begins again.
func promote(ctx context.Context, k Keeper, r Rotation, now time.Time) error {
	set, err := k.KeySet(ctx)
	if err != nil {
		return err
	}
	keys, err := nextKeys(ctx, k)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if !set.Has(key.id) {
			return errors.Join(errMoved, advance(ctx, k, r, func(s *KeySet) { s.Rotation = nil }))
		}
	}
	parts, err := k.Parts(ctx)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if part.Next == nil {
			continue
		}
		if err := k.Promote(ctx, part.Issuer, part.Next); err != nil {
			return err
		}
	}
	return advance(ctx, k, r, func(s *KeySet) { s.Rotation = &Rotation{Switched, now} })
}

// retire takes the old public keys out.
func retire(ctx context.Context, k Keeper, r Rotation, now time.Time, forget bool) error {
	parts, err := k.Parts(ctx)
	if err != nil {
		return err
	}
	var current []Key
	for _, part := range parts {
		key, err := ParseKey(part.Issuer, part.Current)
		if err != nil {
			return fmt.Errorf("the key of %s: %w", part.Issuer, err)
		}
		current = append(current, key)
	}
	return advance(ctx, k, r, func(s *KeySet) {
		s.Retire(now, forget, current...)
		s.Add(current...)
		s.Rotation = nil
	})
}

// advance changes the set, unless another command has moved it on from r.
func advance(ctx context.Context, k Keeper, r Rotation, change func(*KeySet)) error {
	return k.UpdateKeySet(ctx, func(s *KeySet) error {
		now := Rotation{}
		if s.Rotation != nil {
			now = *s.Rotation
		}
		if now.Stage != r.Stage || !now.Since.Equal(r.Since) {
			return errMoved
		}
		change(s)
		return nil
	})
}
