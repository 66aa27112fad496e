package identity_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"paceline/shared/function/identity"
)

// apiServer issues tokens as a cluster's API server does.
type apiServer struct {
	t       *testing.T
	key     *rsa.PrivateKey
	kid     string
	failure error
	reads   int
}

func newAPIServer(t *testing.T, kid string) *apiServer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &apiServer{t: t, key: key, kid: kid}
}

func (a *apiServer) jwks(context.Context) ([]byte, error) {
	a.reads++
	if a.failure != nil {
		return nil, a.failure
	}
	return json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: a.key.Public(), KeyID: a.kid, Algorithm: "RS256", Use: "sig"}}})
}

func (a *apiServer) token(c jwt.Claims) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: a.key, KeyID: a.kid}}, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	raw, err := jwt.Signed(signer).Claims(c).Serialize()
	if err != nil {
		a.t.Fatal(err)
	}
	return raw
}

const clusterIssuer = "https://kubernetes.default.svc.cluster.local"

func trigger() jwt.Claims {
	return jwt.Claims{
		Issuer: clusterIssuer, Audience: jwt.Audience{"stats"}, Subject: "system:serviceaccount:paceline:stats-sweep-oidc-eventing.knative.dev-trigger",
		Expiry: jwt.NewNumericDate(start.Add(time.Hour)), IssuedAt: jwt.NewNumericDate(start), NotBefore: jwt.NewNumericDate(start),
	}
}

func with(change func(*jwt.Claims)) jwt.Claims {
	c := trigger()
	change(&c)
	return c
}

func bearing(token string) *http.Request {
	r, _ := http.NewRequest(http.MethodPost, "/events", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func TestTheClustersTokens(t *testing.T) {
	t.Parallel()
	a, stranger := newAPIServer(t, "k1"), newAPIServer(t, "k1")
	now := func() time.Time { return start.Add(time.Minute) }
	v := identity.NewClusterVerifier(clusterIssuer, "stats", "paceline", a.jwks, now)
	cases := map[string]struct {
		token  string
		status int
	}{
		"a trigger": {a.token(trigger()), 0},
		"a trigger with a long name": {a.token(with(func(c *jwt.Claims) {
			c.Subject = "system:serviceaccount:paceline:notify-social-follow-requesteda9845f064c4dc3e51773e95f0339fad5"
		})), 0},
		"another audience":            {a.token(with(func(c *jwt.Claims) { c.Audience = jwt.Audience{"feed"} })), 401},
		"another issuer":              {a.token(with(func(c *jwt.Claims) { c.Issuer = "https://example.com" })), 401},
		"expired":                     {a.token(with(func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(start) })), 401},
		"another namespace":           {a.token(with(func(c *jwt.Claims) { c.Subject = "system:serviceaccount:other:x-oidc-eventing.knative.dev-trigger" })), 403},
		"a function":                  {a.token(with(func(c *jwt.Claims) { c.Subject = "system:serviceaccount:paceline:feed" })), 403},
		"a person":                    {a.token(with(func(c *jwt.Claims) { c.Subject = "admin" })), 403},
		"signed by another":           {stranger.token(trigger()), 401},
		"nothing":                     {"", 401},
		"no token of a cluster":       {"a.b.c", 401},
		"one of ours":                 {platform(t).call(), 401},
		"a namespace that ours heads": {a.token(with(func(c *jwt.Claims) { c.Subject = "system:serviceaccount:paceline2:x-oidc-y" })), 403},
	}
	for name, c := range cases {
		_, err := v.Request(bearing(c.token))
		if status := statusOf(err); status != c.status {
			t.Errorf("%s: %d (%v), want %d", name, status, err, c.status)
		}
	}
	if caller, _ := v.Request(bearing(cases["a trigger"].token)); !caller.Has(identity.Workload) || caller.Actor == "" {
		t.Errorf("caller %+v", caller)
	}
}

// A cluster changes its keys when it likes; an event is not to be lost over it.
func TestAnUnknownKeyOfTheClusterIsTriedAgain(t *testing.T) {
	t.Parallel()
	a := newAPIServer(t, "k1")
	now := start
	v := identity.NewClusterVerifier(clusterIssuer, "stats", "paceline", a.jwks, func() time.Time { return now })
	a.failure = errors.New("away")
	if _, err := v.Request(bearing(a.token(trigger()))); statusOf(err) != 503 {
		t.Errorf("keys cannot be read: %v", err)
	}
	a.failure = nil
	now = now.Add(10 * time.Second)
	if _, err := v.Request(bearing(a.token(trigger()))); err != nil {
		t.Errorf("keys can be read again: %v", err)
	}
	reads := a.reads
	a.kid = "k2"
	if _, err := v.Request(bearing(a.token(trigger()))); statusOf(err) != 503 || a.reads != reads {
		t.Errorf("a new key, too early to look: %v after %d reads", err, a.reads-reads)
	}
	now = now.Add(10 * time.Second)
	if _, err := v.Request(bearing(a.token(trigger()))); err != nil {
		t.Errorf("a new key: %v", err)
	}
}
