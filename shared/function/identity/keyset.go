package identity

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// KeySet is the JWKS document as those who write it see it: the public keys of
// all parts, and how far a change of keys has come.
type KeySet struct {
	Keys     []jwk     `json:"keys"`
	Rotation *Rotation `json:"rotation,omitempty"` // a member that readers of a JWKS pass over (RFC 7517, section 5)
}

// Stage is how far a rotation has come.
type Stage string

// The stages of a rotation. Before the first and after the last there is none.
const (
	Published Stage = "published" // the next public keys are in the set
	Switched  Stage = "switched"  // the next keys sign; the old public keys are still in the set
)

// Rotation says since when all parts are in a stage.
type Rotation struct {
	Stage Stage     `json:"stage"`
	Since time.Time `json:"since"`
}

// jwk is an Ed25519 public key as RFC 8037 writes it.
type jwk struct {
	KeyType string `json:"kty"`
	Curve   string `json:"crv"`
	KeyID   string `json:"kid"`
	Use     string `json:"use"`
	Alg     string `json:"alg"`
	X       string `json:"x"`
	// EventsUntil is set on a key that signs no more: until then it still
	// vouches for events that are under way, and for nothing else.
	EventsUntil *time.Time `json:"events_until,omitempty"`

	x ed25519.PublicKey
}

// ParseKeySet reads a document, of which every key must be an Ed25519 key; an
// empty one is an empty set.
func ParseKeySet(doc []byte) (KeySet, error) {
	var s KeySet
	if len(doc) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(doc, &s); err != nil {
		return s, fmt.Errorf("identity: JWKS: %w", err)
	}
	for i, k := range s.Keys {
		x, err := base64.RawURLEncoding.DecodeString(k.X)
		if err != nil || k.Curve != "Ed25519" || len(x) != ed25519.PublicKeySize {
			return s, fmt.Errorf("identity: JWKS: key %q is not an Ed25519 key", k.KeyID)
		}
		s.Keys[i].x = x
	}
	return s, nil
}

// Add puts the public halves of keys into the set, once each.
func (s *KeySet) Add(keys ...Key) {
	for _, key := range keys {
		if !s.Has(key.id) {
			s.Keys = append(s.Keys, key.public())
		}
	}
	slices.SortFunc(s.Keys, func(a, b jwk) int { return strings.Compare(a.KeyID, b.KeyID) })
}

// Has says whether the key with this id is in the set.
func (s *KeySet) Has(kid string) bool {
	return slices.ContainsFunc(s.Keys, func(k jwk) bool { return k.KeyID == kid })
}

// Issuers is whose keys are in the set, sorted.
func (s *KeySet) Issuers() []string {
	var all []string
	for _, k := range s.Keys {
		all = append(all, issuerOf(k.KeyID))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Retire takes out every other key of the issuers of keys, and those of others
// stay. What it takes out still vouches, for as long as such a token lives, for
// events that are under way, unless forget says that it is not to be trusted.
func (s *KeySet) Retire(now time.Time, forget bool, keys ...Key) {
	own := map[string]string{}
	for _, key := range keys {
		own[issuerOf(key.id)] = key.id
	}
	until := now.Add(EventTTL + leeway).UTC().Truncate(time.Second)
	kept := s.Keys[:0]
	for _, k := range s.Keys {
		kid, ours := own[issuerOf(k.KeyID)]
		if ours && k.KeyID != kid {
			if k.EventsUntil == nil {
				k.EventsUntil = &until
			}
			if forget || !now.Before(*k.EventsUntil) {
				continue
			}
		}
		kept = append(kept, k)
	}
	s.Keys = kept
}

// Signing is the ids of the keys that are good for every token.
func (s *KeySet) Signing() []string {
	var ids []string
	for _, k := range s.Keys {
		if k.EventsUntil == nil {
			ids = append(ids, k.KeyID)
		}
	}
	return ids
}

// Document is the set as JSON; the same set is the same bytes.
func (s *KeySet) Document() ([]byte, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	return b, nil
}

// JWKS is the public half of signers, as JSON.
func JWKS(signers ...*Signer) ([]byte, error) {
	var s KeySet
	for _, signer := range signers {
		s.Add(signer.Key())
	}
	return s.Document()
}
