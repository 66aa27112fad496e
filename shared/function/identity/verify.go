package identity

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"paceline/shared/function/fault"
	"paceline/shared/function/security"
)

const (
	leeway       = 60 * time.Second
	maxToken     = 8 << 10
	maxCached    = 10_000
	realm        = `Bearer realm="paceline"`
	bearerPrefix = "Bearer "
)

// Verifier checks tokens of one type for one audience.
type Verifier struct {
	typ, audience string
	issuers       []string
	keys          *keyring
	now           func() time.Time

	mu    sync.Mutex
	known map[[32]byte]known
}

type known struct {
	caller  Caller
	expires time.Time
}

// NewVerifier accepts tokens of typ for audience from issuers.
func NewVerifier(typ, audience string, issuers []string, source KeySource, now func() time.Time) *Verifier {
	return &Verifier{typ: typ, audience: audience, issuers: issuers, keys: &keyring{source: source, now: now}, now: now, known: map[[32]byte]known{}}
}

// Request verifies the bearer token of r. The error is a *fault.Error: 401
// when the token is missing or bad, 503 when it cannot be verified now.
func (v *Verifier) Request(r *http.Request) (Caller, error) {
	raw, err := bearer(r)
	if err != nil {
		return Caller{}, err
	}
	return v.Verify(r.Context(), raw)
}

// bearer is the one bearer token of r.
func bearer(r *http.Request) (string, error) {
	given := r.Header.Values("Authorization")
	if len(given) != 1 || len(given[0]) <= len(bearerPrefix) || !strings.EqualFold(given[0][:len(bearerPrefix)], bearerPrefix) {
		return "", fault.Unauthorized("token_missing", "a bearer token is needed")
	}
	return given[0][len(bearerPrefix):], nil
}

// Verify checks one token.
func (v *Verifier) Verify(ctx context.Context, raw string) (_ Caller, err error) {
	defer func() {
		if err != nil {
			security.Because(ctx, reason(err))
		}
	}()
	if len(raw) > maxToken || strings.ContainsAny(raw, "\r\n") { // which a decoder of base64 passes over
		return Caller{}, invalid(errors.New("too long, or of several lines"))
	}
	sum := sha256.Sum256([]byte(raw))
	v.mu.Lock()
	hit, ok := v.known[sum]
	v.mu.Unlock()
	if ok && v.now().Before(hit.expires) {
		return hit.caller, nil
	}
	var c claims
	_, err = jwt.ParseWithClaims(raw, &c, func(t *jwt.Token) (any, error) { return v.key(ctx, t) },
		jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithAudience(v.audience), jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(), jwt.WithLeeway(leeway), jwt.WithTimeFunc(v.now), jwt.WithStrictDecoding())
	var unavailable *fault.Error
	switch {
	case errors.As(err, &unavailable):
		return Caller{}, unavailable
	case err != nil:
		return Caller{}, invalid(err)
	case c.Subject == "" || c.ID == "" || c.IssuedAt == nil:
		return Caller{}, invalid(errors.New("a required claim is missing"))
	case c.ExpiresAt.Sub(c.IssuedAt.Time) > lifetimes[v.typ]+leeway:
		return Caller{}, invalid(errors.New("it would hold for longer than such tokens do"))
	}
	caller := c.caller(v.typ)
	v.remember(sum, caller, c.ExpiresAt.Time)
	return caller, nil
}

// reason is what is wrong with a token, for whoever watches: who sent it only
// hears that it is not valid.
func reason(err error) string {
	for _, r := range []struct {
		is   error
		name string
	}{
		{jwt.ErrTokenMalformed, "malformed"}, {jwt.ErrTokenSignatureInvalid, "signature"}, {jwt.ErrTokenUnverifiable, "header"},
		{jwt.ErrTokenInvalidAudience, "audience"}, {jwt.ErrTokenExpired, security.Expired},
	} {
		if errors.Is(err, r.is) {
			return r.name
		}
	}
	return "claims"
}

func invalid(err error) error {
	return fault.Unauthorized("token_invalid", "the bearer token is not valid here").Because(err)
}

func (c *claims) caller(typ string) Caller {
	out := Caller{Issuer: c.Issuer, UserID: c.Subject, SessionID: c.SessionID, Roles: c.Roles, IssuedAt: c.IssuedAt.UTC(), Methods: c.Methods, digest: c.Digest}
	if c.AuthTime != nil {
		out.AuthTime = c.AuthTime.Time
	}
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
	if err := checkHeader(t); err != nil {
		return nil, err
	}
	kid, _ := t.Header["kid"].(string)
	issuer, err := t.Claims.GetIssuer()
	if err != nil || issuer == "" || issuer != issuerOf(kid) || !v.allowed(issuer) {
		return nil, errors.New("identity: issuer")
	}
	key, err := v.keys.find(ctx, kid)
	if errors.Is(err, errKeyNotYet) && v.typ != AccessType {
		// What a part of the platform says may be signed with a key that was
		// added just now; to refuse it would lose an event.
		return nil, fault.Unavailable("keys_unavailable", keysMinAge, err)
	}
	return key, err
}

// checkHeader refuses what two readers could understand differently, and what
// would have to be read in another way than ours.
func checkHeader(t *jwt.Token) error {
	for _, name := range []string{"crit", "b64"} {
		if _, there := t.Header[name]; there {
			return fmt.Errorf("identity: header %s", name)
		}
	}
	encoded, _, _ := strings.Cut(t.Raw, ".")
	header, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || !jsontext.Value(header).IsValid() {
		return errors.New("identity: a member of the header is there twice, or no UTF-8")
	}
	return nil
}

func (v *Verifier) allowed(issuer string) bool {
	for _, i := range v.issuers {
		if i == issuer || i == "*" {
			return true
		}
	}
	return false
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

// UserID is the person whose request it is, or "" for a guest or a workload.
func UserID(r *http.Request) string { return CallerFrom(r.Context()).UserID }
