package identity_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
)

func TestANewKeyIsPickedUp(t *testing.T) {
	t.Parallel()
	p := platform(t)
	verify := func() error { _, err := p.verifier.Verify(context.Background(), p.call()); return err }
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	p.newKey("gateway")
	p.publish()
	p.advance(9 * time.Second)
	if f := fault.Of(verify()); f.Status != 503 || p.reads != 1 {
		t.Errorf("too early to look again: %v after %d reads; a part's token must not be refused for good", f, p.reads)
	}
	p.advance(time.Second)
	if err := verify(); err != nil || p.reads != 2 {
		t.Errorf("10 s after the last look: %v after %d reads", err, p.reads)
	}
}

func TestKeysAreReadAtMostOnceInTenSeconds(t *testing.T) {
	t.Parallel()
	p := platform(t)
	forged := func(i int) string {
		return p.signed(p.keys["stats"], jwt.SigningMethodEdDSA, func(h, _ map[string]any) { h["kid"] = fmt.Sprint("gateway.", i) })
	}
	var wg sync.WaitGroup
	for i := range 300 {
		raw := forged(i)
		wg.Go(func() {
			if _, err := p.verifier.Verify(context.Background(), raw); err == nil {
				t.Error("an unknown key is accepted")
			}
		})
	}
	wg.Wait()
	if p.reads != 1 {
		t.Errorf("%d reads for 300 unknown keys at once", p.reads)
	}
	for i := range 30 {
		p.advance(time.Second)
		_, _ = p.verifier.Verify(context.Background(), forged(i))
	}
	if p.reads != 4 {
		t.Errorf("%d reads in 30 s of unknown keys, want 4", p.reads)
	}
}

// A person's app has no business with a key that was added a second ago, and
// one who guesses key ids gets no other answer than before.
func TestAForgedAccessTokenIsUnauthorizedAlways(t *testing.T) {
	t.Parallel()
	p := platform(t)
	v := identity.NewVerifier(identity.AccessType, identity.AudiencePlatform, []string{"accounts"}, p.source, p.clock)
	p.newKey("accounts")
	for range 3 {
		raw, err := p.signers["accounts"].AccessToken(identity.Caller{UserID: "ann", SessionID: "s"})
		p.must(err)
		if _, err := v.Verify(context.Background(), raw); fault.Of(err).Status != 401 {
			t.Errorf("error %v", err)
		}
	}
}

func TestARetiredKeyIsForgotten(t *testing.T) {
	t.Parallel()
	p := platform(t)
	old := func() string { return p.call() }
	if _, err := p.verifier.Verify(context.Background(), old()); err != nil {
		t.Fatal(err)
	}
	stolen := p.keys["gateway"]
	kid := kidOf(t, p.call())
	p.newKey("gateway")
	p.publish()
	p.advance(5 * time.Minute)
	raw := p.signed(stolen, jwt.SigningMethodEdDSA, func(h, _ map[string]any) { h["kid"] = kid })
	if _, err := p.verifier.Verify(context.Background(), raw); fault.Of(err).Status != 401 {
		t.Errorf("five minutes after it was taken out: %v", err)
	}
}

func TestKnownKeysOutliveAnOutageOfTheirSource(t *testing.T) {
	t.Parallel()
	p := platform(t)
	if _, err := p.verifier.Verify(context.Background(), p.call()); err != nil {
		t.Fatal(err)
	}
	p.serve(nil, errors.New("away"))
	for range 20 {
		p.advance(time.Minute)
		if _, err := p.verifier.Verify(context.Background(), p.call()); err != nil {
			t.Fatalf("a known key, %v into the outage: %v", p.now.Sub(start), err)
		}
	}
	p.newKey("gateway")
	if _, err := p.verifier.Verify(context.Background(), p.call()); fault.Of(err).Status != 503 {
		t.Errorf("an unknown key in the outage: %v", err)
	}
}
