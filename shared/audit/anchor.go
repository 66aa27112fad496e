package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Anchor says of one entry of the log what its hash was. Each holds the digest
// of the one before it, so that the newest vouches for all.
type Anchor struct {
	Number    int64     `json:"number"`   // from 1, without gaps
	Previous  string    `json:"previous"` // digest of the anchor before; "" of the first
	Sequence  int64     `json:"sequence"` // of the entry, which was the last
	Hash      string    `json:"hash"`     // of the entry
	At        time.Time `json:"at"`
	Signature string    `json:"signature"` // by which the watch vouches for the digest
}

// NextAnchor is the anchor of head after last, without a signature; the zero
// Anchor is before the first.
func NextAnchor(last Anchor, head Entry, now time.Time) (Anchor, error) {
	a := Anchor{Number: last.Number + 1, Sequence: head.Sequence, Hash: head.Hash, At: now.UTC()}
	if last.Number == 0 {
		return a, nil
	}
	var err error
	a.Previous, err = last.Digest()
	return a, err
}

// Digest is the hash of all of an anchor but the signature.
func (a Anchor) Digest() (string, error) {
	a.Signature = ""
	b, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("audit: encode anchor %d: %w", a.Number, err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Witness is what the anchor remembers.
func (a Anchor) Witness() Witness {
	return Witness{fmt.Sprintf("anchor %d", a.Number), a.Sequence, a.Hash}
}

// VerifyAnchors holds anchors to each other, from the first on. Its error is a
// *Broken that names the first bad one: what only a log that went back can lead
// to is one, too.
func VerifyAnchors(anchors []Anchor) error {
	var last Anchor
	for _, a := range anchors {
		want, err := NextAnchor(last, Entry{Sequence: a.Sequence, Hash: a.Hash}, a.At)
		switch {
		case err != nil:
			return err
		case a.Number != want.Number:
			return &Broken{"anchor", want.Number, fmt.Sprintf("anchor %d stands in its place", a.Number)}
		case a.Previous != want.Previous:
			return &Broken{"anchor", want.Number, "it does not follow the anchor before it"}
		case a.Sequence <= last.Sequence:
			return &Broken{"anchor", want.Number, fmt.Sprintf("it remembers entry %d as the last, and the one before it entry %d: the log was cut in between", a.Sequence, last.Sequence)}
		}
		last = a
	}
	return nil
}
