package identity

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"paceline/shared/function/fault"
)

const (
	leeway       = 60 * time.Second
	maxToken     = 8 << 10
	maxCached    = 10_000
	keysMinAge   = 10 * time.Second // between two looks for an unknown key
	realm        = `Bearer realm="paceline"`
	bearerPrefix = "Bearer "
)

// KeySource returns the current JWKS document.
type KeySource func(ctx context.Context) ([]byte, error)

// Verifier checks tokens of one type for one audience.
type Verifier struct {
	typ, audience string
	issuers       []string
	source        KeySource
	now           func() time.Time

	mu     sync.Mutex
	keys   map[string]ed25519.PublicKey
	loaded time.Time
	known  map[[32]byte]known
}

type known struct {
	caller  Caller
	expires time.Time
}

// NewVerifier accepts tokens of typ for audience from issuers.
func NewVerifier(typ, audience string, issuers []string, source KeySource, now func() time.Time) *Verifier {
	return &Verifier{typ: typ, audience: audience, issuers: issuers, source: source, now: now, known: map[[32]byte]known{}}
}

// Request verifies the bearer token of r. The error is a *fault.Error: 401
// when the token is missing or bad, 503 when it cannot be verified now.
func (v *Verifier) Request(r *http.Request) (Caller, error) {
	raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), bearerPrefix)
	if !ok || raw == "" {
		return Caller{}, fault.Unauthorized("token_missing", "a bearer token is needed")
	}
	return v.Verify(r.Context(), raw)
}

// Verify checks one token.
func (v *Verifier) Verify(ctx context.Context, raw string) (Caller, error) {
	if len(raw) > maxToken {
		return Caller{}, invalid(errors.New("too long"))
	}
	sum := sha256.Sum256([]byte(raw))
	v.mu.Lock()
	hit, ok := v.known[sum]
	v.mu.Unlock()
	if ok && v.now().Before(hit.expires) {
		return hit.caller, nil
	}
	var c claims
	var sourceErr error
	_, err := jwt.ParseWithClaims(raw, &c, func(t *jwt.Token) (any, error) {
		key, err := v.key(ctx, t)
		var unavailable *fault.Error
		if errors.As(err, &unavailable) {
			sourceErr = err
		}
		return key, err
	}, jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithAudience(v.audience), jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(), jwt.WithLeeway(leeway), jwt.WithTimeFunc(v.now), jwt.WithStrictDecoding())
	switch {
	case sourceErr != nil:
		return Caller{}, sourceErr
	case err != nil:
		return Caller{}, invalid(err)
	case c.Subject == "" || c.ID == "" || c.IssuedAt == nil:
		return Caller{}, invalid(errors.New("a required claim is missing"))
	}
	caller := c.caller(v.typ)
	v.remember(sum, caller, c.ExpiresAt.Time)
	return caller, nil
}

func invalid(err error) error {
	return fault.Unauthorized("token_invalid", "the bearer token is not valid here").Because(err)
}

func (c *claims) caller(typ string) Caller {
	out := Caller{Issuer: c.Issuer, UserID: c.Subject, SessionID: c.SessionID, Roles: c.Roles}
	if typ == WorkloadType || out.UserID == string(Guest) {
		out.UserID = ""
	}
	if c.Act != nil {
		out.Actor = c.Act.Subject
	}
	return out
}

// key finds the key that a token names, after what the header itself says has
// been checked.
func (v *Verifier) key(ctx context.Context, t *jwt.Token) (ed25519.PublicKey, error) {
	if typ, _ := t.Header["typ"].(string); typ != v.typ {
		return nil, fmt.Errorf("identity: type %q", typ)
	}
	if t.Header["crit"] != nil {
		return nil, errors.New("identity: critical header")
	}
	kid, _ := t.Header["kid"].(string)
	issuer, err := t.Claims.GetIssuer()
	if err != nil || issuer == "" || issuer != issuerOf(kid) || !v.allowed(issuer) {
		return nil, errors.New("identity: issuer")
	}
	return v.find(ctx, kid)
}

func (v *Verifier) allowed(issuer string) bool {
	for _, i := range v.issuers {
		if i == issuer || i == "*" {
			return true
		}
	}
	return false
}

func (v *Verifier) find(ctx context.Context, kid string) (ed25519.PublicKey, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if key, ok := v.keys[kid]; ok {
		return key, nil
	}
	if v.keys != nil && v.now().Sub(v.loaded) < keysMinAge {
		return nil, errors.New("identity: unknown key")
	}
	doc, err := v.source(ctx)
	if err != nil {
		return nil, fault.Unavailable("keys_unavailable", 2*time.Second, err)
	}
	keys, err := parseJWKS(doc)
	if err != nil {
		return nil, fault.Unavailable("keys_unavailable", 2*time.Second, err)
	}
	v.keys, v.loaded = keys, v.now()
	if key, ok := v.keys[kid]; ok {
		return key, nil
	}
	return nil, errors.New("identity: unknown key")
}

func parseJWKS(doc []byte) (map[string]ed25519.PublicKey, error) {
	var set jwks
	if err := json.Unmarshal(doc, &set); err != nil {
		return nil, fmt.Errorf("identity: JWKS: %w", err)
	}
	keys := map[string]ed25519.PublicKey{}
	for _, k := range set.Keys {
		x, err := base64.RawURLEncoding.DecodeString(k.X)
		if err != nil || k.Curve != "Ed25519" || len(x) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("identity: JWKS: key %q is not an Ed25519 key", k.KeyID)
		}
		keys[k.KeyID] = x
	}
	return keys, nil
}

// remember keeps a verified token until it expires, without the leeway. The
// cache is emptied when full: it only saves a signature check.
func (v *Verifier) remember(sum [32]byte, c Caller, expires time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.known) >= maxCached {
		clear(v.known)
	}
	v.known[sum] = known{c, expires}
}

// Challenge is the value of WWW-Authenticate that goes with a 401.
func Challenge() string { return realm }

type callerKey struct{}

// WithCaller returns a context that carries c.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns the verified caller of the request, or the zero Caller.
func CallerFrom(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}
