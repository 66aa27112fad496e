package local_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/local"
)

var parts = []string{"broker", "gateway", "stats"}

// platform is parts that sign, and one that has verified since the start.
type platform struct {
	t        *testing.T
	now      time.Time
	dir      string
	keys     *local.Keys
	verifier *identity.Verifier
	alive    map[string]time.Time // tokens, until when they must be good
}

func open(t *testing.T) *platform {
	t.Helper()
	p := &platform{t: t, now: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC), dir: filepath.Join(t.TempDir(), "keys"), alive: map[string]time.Time{}}
	p.reopen()
	p.verifier = p.newVerifier()
	return p
}

// reopen is a start of the process.
func (p *platform) reopen() {
	p.t.Helper()
	keys, err := local.OpenKeys(p.dir, parts, p.clock)
	if err != nil {
		p.t.Fatal(err)
	}
	p.keys = keys
}

func (p *platform) clock() time.Time { return p.now }

func (p *platform) newVerifier() *identity.Verifier {
	return identity.NewVerifier(identity.WorkloadType, "stats", parts, function.KeysFromFile(p.keys.JWKS()), p.clock)
}

// tick lets every part sign and checks every token that has not ended, as one
// that has run long and as one that has just started.
func (p *platform) tick() {
	p.t.Helper()
	p.now = p.now.Add(5 * time.Second)
	for _, issuer := range parts {
		raw, err := p.keys.Signer(issuer).WorkloadToken("stats")
		if err != nil {
			p.t.Fatal(err)
		}
		if _, seen := p.alive[raw]; !seen {
			p.alive[raw] = p.now.Add(identity.WorkloadTTL)
		}
	}
	fresh := p.newVerifier()
	for raw, until := range p.alive {
		if p.now.After(until) {
			delete(p.alive, raw)
			continue
		}
		for name, v := range map[string]*identity.Verifier{"running": p.verifier, "fresh": fresh} {
			if _, err := v.Verify(p.t.Context(), raw); err != nil {
				p.t.Fatalf("%v into it, a %s verifier: %v", p.now, name, err)
			}
		}
	}
}

// rotate runs a whole rotation through keepers, of which one may be
// interrupted, and returns how long it took.
func (p *platform) rotate(keepers ...identity.Keeper) time.Duration {
	p.t.Helper()
	start := p.now
	for p.now.Sub(start) < time.Hour {
		for i, k := range keepers {
			progress, err := identity.Rotate(p.t.Context(), k, p.now, 0, false)
			if err != nil && !errors.Is(err, errInterrupted) {
				p.t.Fatal(err)
			}
			if err == nil && progress.Done && i == 0 {
				return p.now.Sub(start)
			}
		}
		p.tick()
	}
	p.t.Fatal("the rotation does not end")
	return 0
}

// signing is the key ids in use, by part.
func (p *platform) signing() map[string]string {
	ids := map[string]string{}
	for _, issuer := range parts {
		ids[issuer] = p.keys.Signer(issuer).Key().ID()
	}
	return ids
}

func (p *platform) published() []string {
	p.t.Helper()
	set, err := p.rotator().KeySet(p.t.Context())
	if err != nil || set.Rotation != nil {
		p.t.Fatalf("rotation %+v, %v", set.Rotation, err)
	}
	return set.Signing()
}

func (p *platform) rotator() *local.Rotator {
	p.t.Helper()
	r, err := local.OpenRotator(p.dir)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// check wants new keys everywhere, and no others known.
func (p *platform) check(before map[string]string) {
	p.t.Helper()
	after := p.signing()
	for issuer, id := range after {
		if id == before[issuer] {
			p.t.Errorf("%s signs with its old key", issuer)
		}
	}
	if got, want := p.published(), slices.Sorted(maps.Values(after)); !slices.Equal(got, want) {
		p.t.Errorf("published %v, want %v", got, want)
	}
}

func TestThreeRotationsRefuseNothing(t *testing.T) {
	t.Parallel()
	p := open(t)
	heard := identity.NewEventVerifier(function.KeysFromFile(p.keys.JWKS()), p.clock)
	for range 3 {
		before := p.signing()
		e, token := p.event()
		stolen, err := os.ReadFile(filepath.Join(p.dir, "gateway.pem"))
		if err != nil {
			t.Fatal(err)
		}
		took := p.rotate(p.rotator())
		if took < 10*time.Minute || took > 15*time.Minute {
			t.Errorf("it took %v", took)
		}
		p.check(before)
		thief, err := identity.NewSigner("gateway", stolen, p.clock)
		if err != nil {
			t.Fatal(err)
		}
		for range 61 { // the age at which keys are read again
			p.tick()
		}
		raw, _ := thief.WorkloadToken("stats")
		if _, err := p.verifier.Verify(t.Context(), raw); fault.Of(err).Status != 401 {
			t.Errorf("a retired key is still good: %v", err)
		}
		for _, v := range []*identity.EventVerifier{heard, identity.NewEventVerifier(function.KeysFromFile(p.keys.JWKS()), p.clock)} {
			if err := v.Event(t.Context(), e, token); err != nil {
				t.Errorf("an event that waited at the broker: %v", err)
			}
		}
	}
}

// event is an event of stats, signed now.
func (p *platform) event() (events.Envelope, string) {
	p.t.Helper()
	e, err := events.New(events.WithCause(p.t.Context(), events.Cause{ID: "x"}), "stats", events.WorkoutFailed{WorkoutID: "w", UserID: "u"}, p.now)
	if err != nil {
		p.t.Fatal(err)
	}
	token, err := p.keys.Signer("stats").EventToken(e)
	if err != nil {
		p.t.Fatal(err)
	}
	return e, token
}

// An old key vouches for events as long as its tokens live, and not a day
// more; a stolen one at once for nothing.
func TestAnOldKeyVouchesForEventsAWhile(t *testing.T) {
	t.Parallel()
	for _, forget := range []bool{false, true} {
		p := open(t)
		stolen, err := os.ReadFile(filepath.Join(p.dir, "stats.pem"))
		if err != nil {
			t.Fatal(err)
		}
		thief, err := identity.NewSigner("stats", stolen, p.clock)
		if err != nil {
			t.Fatal(err)
		}
		for done := false; !done; p.tick() {
			progress, err := identity.Rotate(t.Context(), p.rotator(), p.now, 0, forget)
			if err != nil {
				t.Fatal(err)
			}
			done = progress.Done
		}
		for _, c := range []struct {
			later time.Duration
			good  bool
		}{{time.Hour, !forget}, {identity.EventTTL - 2*time.Hour, !forget}, {3 * time.Hour, false}} {
			p.now = p.now.Add(c.later)
			p.reopen() // which must not change that
			e, _ := p.event()
			token, err := thief.EventToken(e)
			if err != nil {
				t.Fatal(err)
			}
			err = identity.NewEventVerifier(function.KeysFromFile(p.keys.JWKS()), p.clock).Event(t.Context(), e, token)
			if (err == nil) != c.good {
				t.Errorf("forget %v, %v later: %v", forget, c.later, err)
			}
		}
		if set, err := p.rotator().KeySet(t.Context()); err != nil || len(set.Keys) != len(parts) {
			t.Errorf("forget %v: in the end there are %d keys, %v", forget, len(set.Keys), err)
		}
	}
}

var errInterrupted = errors.New("interrupted")

// interrupted fails at one of its changes, once: before it is made, or after.
type interrupted struct {
	identity.Keeper
	at    int
	after bool
	calls int
}

func (k *interrupted) change(do func() error) error {
	k.calls++
	if k.calls != k.at {
		return do()
	}
	if !k.after {
		return errInterrupted
	}
	return errors.Join(do(), errInterrupted)
}

func (k *interrupted) Prepare(ctx context.Context, issuer string, next []byte) error {
	return k.change(func() error { return k.Keeper.Prepare(ctx, issuer, next) })
}

func (k *interrupted) Promote(ctx context.Context, issuer string, next []byte) error {
	return k.change(func() error { return k.Keeper.Promote(ctx, issuer, next) })
}

func (k *interrupted) UpdateKeySet(ctx context.Context, change func(*identity.KeySet) error) error {
	return k.change(func() error { return k.Keeper.UpdateKeySet(ctx, change) })
}

// Whatever change is the last before the command is killed, it goes on where it
// ended. A rotation of three parts has 3 + 1 + 3 + 1 + 1 changes.
func TestARotationThatIsInterruptedGoesOn(t *testing.T) {
	t.Parallel()
	for at := 1; at <= 9; at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("change %d, made %v", at, after), func(t *testing.T) {
				t.Parallel()
				p := open(t)
				before := p.signing()
				k := &interrupted{Keeper: p.rotator(), at: at, after: after}
				p.rotate(k)
				if k.calls < at {
					t.Fatalf("there were %d changes", k.calls)
				}
				if at == 9 && after { // it was at its end, so that the call after it began another
					return
				}
				p.check(before)
			})
		}
	}
}

func TestARestartInARotationKeepsItsKeys(t *testing.T) {
	t.Parallel()
	p := open(t)
	before := p.signing()
	r := p.rotator()
	for i := range 200 {
		progress, err := identity.Rotate(t.Context(), r, p.now, 0, false)
		if err != nil {
			t.Fatal(err)
		}
		if progress.Done {
			p.check(before)
			return
		}
		if i%20 == 10 {
			p.reopen()
		}
		p.tick()
	}
	t.Error("the rotation does not end")
}

func TestTwoCommandsAtOnceAreOneRotation(t *testing.T) {
	t.Parallel()
	p := open(t)
	before := p.signing()
	first := &interrupted{Keeper: p.rotator()}
	second := &lookingBack{Keeper: p.rotator()}
	if _, err := second.KeySet(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.rotate(first, second)
	if second.stale != 2 {
		t.Errorf("the second command saw an old state %d times, want 2: when the first had published, and when it had switched", second.stale)
	}
	p.check(before)
}

// lookingBack reads a set that the other command has changed since.
type lookingBack struct {
	identity.Keeper
	last  identity.KeySet
	stale int
}

func (k *lookingBack) KeySet(ctx context.Context) (identity.KeySet, error) {
	set, err := k.Keeper.KeySet(ctx)
	before := k.last
	k.last = set
	if stage(before) != stage(set) {
		k.stale++
		return before, err
	}
	return set, err
}

func stage(s identity.KeySet) identity.Stage {
	if s.Rotation == nil {
		return ""
	}
	return s.Rotation.Stage
}

func TestWithoutAPlatformThereIsNothingToRotate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := local.OpenRotator(dir); err == nil {
		t.Error("a folder without keys is taken for a platform's")
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("it left %v", files)
	}
}
