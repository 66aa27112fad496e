package identity_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"paceline/shared/function/identity"
)

func TestNewSignerRefuses(t *testing.T) {
	t.Parallel()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{
		"nothing":        "",
		"no PEM":         "secret",
		"an empty block": "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
		"another kind":   string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	} {
		if _, err := identity.NewSigner("stats", []byte(key), time.Now); err == nil || !strings.Contains(err.Error(), "identity: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A token that is verified costs its signature once; after that, a hash.
func BenchmarkVerify(b *testing.B) {
	p := platform(b)
	b.Run("cold", func(b *testing.B) {
		raw := p.call()
		for b.Loop() {
			v := identity.NewVerifier(identity.CallType, "stats", []string{"gateway"}, p.source, p.clock)
			if _, err := v.Verify(context.Background(), raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cached", func(b *testing.B) {
		raw := p.call()
		for b.Loop() {
			if _, err := p.verifier.Verify(context.Background(), raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("forged", func(b *testing.B) {
		raw := p.call()
		raw = raw[:len(raw)-8] + "AAAAAAAA"
		for b.Loop() {
			if _, err := p.verifier.Verify(context.Background(), raw); err == nil {
				b.Fatal("accepted")
			}
		}
	})
}
