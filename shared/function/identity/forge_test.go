package identity_test

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"paceline/shared/function/identity"
)

// start is when every test's clock begins.
var start = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// parts is a platform: the keys of its parts, a clock, and a verifier of call
// tokens for stats.
type parts struct {
	t        testing.TB
	mu       sync.Mutex
	now      time.Time
	keys     map[string]ed25519.PrivateKey // by issuer
	signers  map[string]*identity.Signer
	doc      []byte
	failure  error
	reads    int
	verifier *identity.Verifier
}

func platform(t testing.TB) *parts {
	p := &parts{t: t, now: start, keys: map[string]ed25519.PrivateKey{}, signers: map[string]*identity.Signer{}}
	for _, issuer := range []string{"gateway", "accounts", "broker", "stats"} {
		p.newKey(issuer)
	}
	p.publish()
	p.verifier = identity.NewVerifier(identity.CallType, "stats", []string{"gateway"}, p.source, p.clock)
	return p
}

// newKey gives issuer a new key, which publish makes known.
func (p *parts) newKey(issuer string) {
	p.t.Helper()
	raw, err := identity.GenerateKey()
	p.must(err)
	block, _ := pem.Decode(raw)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	p.must(err)
	p.keys[issuer] = key.(ed25519.PrivateKey)
	p.signers[issuer], err = identity.NewSigner(issuer, raw, p.clock)
	p.must(err)
}

func (p *parts) publish() {
	p.t.Helper()
	var all []*identity.Signer
	for _, s := range p.signers {
		all = append(all, s)
	}
	doc, err := identity.JWKS(all...)
	p.must(err)
	p.serve(doc, nil)
}

func (p *parts) serve(doc []byte, failure error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doc, p.failure = doc, failure
}

func (p *parts) source(context.Context) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reads++
	return p.doc, p.failure
}

func (p *parts) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *parts) advance(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

func (p *parts) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// call is a good call token of the gateway for ann.
func (p *parts) call() string {
	p.t.Helper()
	raw, err := p.signers["gateway"].CallToken("stats", identity.Caller{UserID: "ann", SessionID: "s", Roles: []identity.Role{identity.Member}})
	p.must(err)
	return raw
}

// signed is the good call token with what change makes of it, signed with key.
func (p *parts) signed(key any, method jwt.SigningMethod, change func(header, claims map[string]any)) string {
	p.t.Helper()
	t, _, err := jwt.NewParser().ParseUnverified(p.call(), jwt.MapClaims{})
	p.must(err)
	t.Method, t.Header["alg"] = method, method.Alg()
	if change != nil {
		change(t.Header, t.Claims.(jwt.MapClaims))
	}
	raw, err := t.SignedString(key)
	p.must(err)
	return raw
}
