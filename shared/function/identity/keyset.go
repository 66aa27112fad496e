package identity

import (
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

// ParseKeySet reads a document; an empty one is an empty set.
func ParseKeySet(doc []byte) (KeySet, error) {
	var s KeySet
	if len(doc) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(doc, &s); err != nil {
		return s, fmt.Errorf("identity: JWKS: %w", err)
	}
	if len(s.Keys) == 0 {
		return s, nil
	}
	_, err := parseJWKS(doc)
	return s, err
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

// Retire takes out every other key of the issuers of keys. Keys of others stay.
func (s *KeySet) Retire(keys ...Key) {
	own := map[string]string{}
	for _, key := range keys {
		own[issuerOf(key.id)] = key.id
	}
	s.Keys = slices.DeleteFunc(s.Keys, func(k jwk) bool {
		kid, ours := own[issuerOf(k.KeyID)]
		return ours && k.KeyID != kid
	})
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
