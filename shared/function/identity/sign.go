package identity

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

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

// AudiencePlatform is the audience of access tokens.
const AudiencePlatform = "paceline"

type claims struct {
	jwt.RegisteredClaims
	SessionID string `json:"sid,omitempty"`
	Roles     []Role `json:"roles,omitempty"`
	Act       *actor `json:"act,omitempty"`
	Digest    string `json:"digest,omitempty"` // of an event
}

type actor struct {
	Subject string `json:"sub"`
}

// Signer makes the tokens of one issuer.
type Signer struct {
	issuer string
	kid    string
	key    ed25519.PrivateKey
	now    func() time.Time
	kept   kept
}

// NewSigner makes a Signer of issuer from a PKCS #8 PEM block with an Ed25519 key.
func NewSigner(issuer string, keyPEM []byte, now func() time.Time) (*Signer, error) {
	block, _ := pem.Decode(keyPEM)
	if block == nil {
		return nil, errors.New("identity: signing key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("identity: signing key: %w", err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("identity: signing key is not Ed25519")
	}
	return &Signer{issuer: issuer, kid: keyID(issuer, key.Public().(ed25519.PublicKey)), key: key, now: now}, nil
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

// AccessToken makes the token that a person's app holds.
func (s *Signer) AccessToken(userID, sessionID string, roles []Role) (string, error) {
	c := s.claims(userID, AudiencePlatform, AccessTTL)
	c.SessionID, c.Roles = sessionID, roles
	return s.sign(AccessType, c)
}

// CallToken is a token with which this issuer calls one function for who. It
// has at least half of CallTTL to live.
func (s *Signer) CallToken(audience string, who Caller) (string, error) {
	return s.kept.get(callKey(audience, who), s.now(), CallTTL, func() (string, error) {
		c := s.claims(who.UserID, audience, CallTTL)
		if who.UserID == "" {
			c.Subject = string(Guest)
		}
		c.SessionID, c.Roles, c.Act = who.SessionID, who.Roles, &actor{s.issuer}
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
	t.Header["typ"], t.Header["kid"] = typ, s.kid
	raw, err := t.SignedString(s.key)
	if err != nil {
		return "", fmt.Errorf("identity: sign: %w", err)
	}
	return raw, nil
}

// jwk is an Ed25519 public key as RFC 8037 writes it.
type jwk struct {
	KeyType string `json:"kty"`
	Curve   string `json:"crv"`
	KeyID   string `json:"kid"`
	Use     string `json:"use"`
	Alg     string `json:"alg"`
	X       string `json:"x"`
}

type jwks struct {
	Keys []jwk `json:"keys"`
}

// JWKS is the public half of signers, as JSON.
func JWKS(signers ...*Signer) ([]byte, error) {
	var set jwks
	for _, s := range signers {
		set.Keys = append(set.Keys, jwk{
			KeyType: "OKP", Curve: "Ed25519", KeyID: s.kid, Use: "sig", Alg: "EdDSA",
			X: base64.RawURLEncoding.EncodeToString(s.key.Public().(ed25519.PublicKey)),
		})
	}
	b, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	return b, nil
}
