package identity

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"
)

// The types of token.
const (
	AccessType   = "at+jwt"
	CallType     = "call+jwt"
	WorkloadType = "workload+jwt"
)

// Lifetimes of the types of token.
const (
	AccessTTL   = 5 * time.Minute
	CallTTL     = time.Minute
	WorkloadTTL = 5 * time.Minute
)

// lifetimes is how long a token of each type may hold, whoever signed it.
var lifetimes = map[string]time.Duration{AccessType: AccessTTL, CallType: CallTTL, WorkloadType: WorkloadTTL, EventTokenType: EventTTL, AnchorTokenType: AnchorTTL}

// signerMaxAge is after how long a key that was replaced signs no more.
const signerMaxAge = 10 * time.Second

// AudiencePlatform is the audience of access tokens.
const AudiencePlatform = "paceline"

// Times are in milliseconds, so that a token that was made right after others
// were revoked is told apart from them.
func init() { jwt.TimePrecision = time.Millisecond }

type claims struct {
	jwt.RegisteredClaims
	SessionID string           `json:"sid,omitempty"`
	Roles     []Role           `json:"roles,omitempty"`
	AuthTime  *jwt.NumericDate `json:"auth_time,omitempty"`
	Methods   []string         `json:"amr,omitempty"`
	Act       *actor           `json:"act,omitempty"`
	Digest    string           `json:"digest,omitempty"` // of an event
}

type actor struct {
	Subject string `json:"sub"`
}

// timesAreNumbers refuses a time that is a text with a number in it, which the
// library takes.
var timesAreNumbers = json.WithUnmarshalers(json.UnmarshalFromFunc(func(d *jsontext.Decoder, _ *jwt.NumericDate) error {
	if d.PeekKind() != '0' {
		return errors.New("identity: a time is a number")
	}
	return json.SkipFunc
}))

// UnmarshalJSON is strict: a claim that is there twice, or under a name that is
// like its own, would say one thing to us and another to the next reader.
func (c *claims) UnmarshalJSON(b []byte) error {
	type plain claims
	return json.Unmarshal(b, (*plain)(c), timesAreNumbers)
}

// Signer makes the tokens of one issuer.
type Signer struct {
	issuer  string
	now     func() time.Time
	signing signingKey
	kept    kept
}

// signingKey is the key that a Signer signs with now.
type signingKey struct {
	mu     sync.Mutex
	key    Key
	file   string // where the key is read again, or ""
	looked time.Time
}

// Key is a signing key of one issuer.
type Key struct {
	id      string
	private ed25519.PrivateKey
}

// ID names the key; it begins with its issuer.
func (k Key) ID() string { return k.id }

func (k Key) public() jwk {
	return jwk{
		KeyType: "OKP", Curve: "Ed25519", KeyID: k.id, Use: "sig", Alg: "EdDSA",
		X: base64.RawURLEncoding.EncodeToString(k.private.Public().(ed25519.PublicKey)),
	}
}

// NewSigner makes a Signer of issuer from a PKCS #8 PEM block with an Ed25519 key.
func NewSigner(issuer string, keyPEM []byte, now func() time.Time) (*Signer, error) {
	key, err := ParseKey(issuer, keyPEM)
	if err != nil {
		return nil, err
	}
	return &Signer{issuer: issuer, now: now, signing: signingKey{key: key}}, nil
}

// OpenSigner is NewSigner for a key in a file, which a rotation may replace: it
// is read again every 10 s in which something is signed. While it cannot be
// read, the key that is known holds.
func OpenSigner(issuer, file string, now func() time.Time) (*Signer, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("identity: signing key: %w", err)
	}
	s, err := NewSigner(issuer, raw, now)
	if err != nil {
		return nil, err
	}
	s.signing.file, s.signing.looked = file, now()
	return s, nil
}

// ParseKey reads the key of issuer from a PKCS #8 PEM block with an Ed25519 key.
func ParseKey(issuer string, keyPEM []byte) (Key, error) {
	block, _ := pem.Decode(keyPEM)
	if block == nil {
		return Key{}, errors.New("identity: signing key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Key{}, fmt.Errorf("identity: signing key: %w", err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return Key{}, errors.New("identity: signing key is not Ed25519")
	}
	return Key{keyID(issuer, key.Public().(ed25519.PublicKey)), key}, nil
}

// Key is what the tokens are signed with now.
func (s *Signer) Key() Key {
	k := &s.signing
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := s.now(); k.file != "" && now.Sub(k.looked) >= signerMaxAge {
		k.looked = now
		if raw, err := os.ReadFile(k.file); err == nil {
			if key, err := ParseKey(s.issuer, raw); err == nil {
				k.key = key
			}
		}
	}
	return k.key
}

// GenerateKey makes a new key as PKCS #8 PEM.
func GenerateKey() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func keyID(issuer string, key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return issuer + "." + hex.EncodeToString(sum[:6])
}

// issuerOf is the issuer that a key id belongs to.
func issuerOf(kid string) string {
	i := strings.LastIndexByte(kid, '.')
	if i < 0 {
		return ""
	}
	return kid[:i]
}

// Issuer is who the tokens speak for.
func (s *Signer) Issuer() string { return s.issuer }

// AccessToken makes the token that the app of who holds.
func (s *Signer) AccessToken(who Caller) (string, error) {
	c := s.claims(who.UserID, AudiencePlatform, AccessTTL)
	c.describe(who)
	return s.sign(AccessType, c)
}

// describe says what a token says of a person besides the name.
func (c *claims) describe(who Caller) {
	c.SessionID, c.Roles, c.Methods = who.SessionID, who.Roles, who.Methods
	if !who.AuthTime.IsZero() {
		c.AuthTime = jwt.NewNumericDate(who.AuthTime)
	}
}

// CallToken is a token with which this issuer calls one function for who. It
// has at least half of CallTTL to live.
func (s *Signer) CallToken(audience string, who Caller) (string, error) {
	return s.kept.get(callKey(audience, who), s.now(), CallTTL, func() (string, error) {
		c := s.claims(who.UserID, audience, CallTTL)
		if who.UserID == "" {
			c.Subject = string(Guest)
		}
		c.describe(who)
		c.Act = &actor{s.issuer}
		return s.sign(CallType, c)
	})
}

// WorkloadToken is a token with which this issuer speaks for itself. It has at
// least half of WorkloadTTL to live.
func (s *Signer) WorkloadToken(audience string) (string, error) {
	return s.kept.get("workload\x00"+audience, s.now(), WorkloadTTL, func() (string, error) {
		c := s.claims(s.issuer, audience, WorkloadTTL)
		c.Roles = []Role{Workload}
		return s.sign(WorkloadType, c)
	})
}

func (s *Signer) claims(subject, audience string, ttl time.Duration) claims {
	now := s.now()
	return claims{RegisteredClaims: jwt.RegisteredClaims{
		Issuer: s.issuer, Subject: subject, Audience: jwt.ClaimStrings{audience}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
	}}
}

func (s *Signer) sign(typ string, c claims) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	key := s.Key()
	t.Header["typ"], t.Header["kid"] = typ, key.id
	raw, err := t.SignedString(key.private)
	if err != nil {
		return "", fmt.Errorf("identity: sign: %w", err)
	}
	return raw, nil
}
