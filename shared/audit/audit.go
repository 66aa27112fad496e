// Package audit is the chain of the audit log: each entry holds the hash of the
// one before it, so that whoever alters, removes, inserts or reorders one breaks
// the chain there. A log that was cut at its end is whole in itself: keep its
// head elsewhere, and ask for it again.
package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"paceline/events"
)

// Entry is one line of the log.
type Entry struct {
	Sequence int64                `json:"sequence"` // from 1, without gaps
	Previous string               `json:"previous"` // hash of the entry before; "" of the first
	Hash     string               `json:"hash"`
	Record   events.AuditRecorded `json:"record"`
}

// Next is the entry of a record after head; the zero Entry is before the first.
func Next(head Entry, r events.AuditRecorded) (Entry, error) {
	r.At = r.At.UTC()
	e := Entry{Sequence: head.Sequence + 1, Previous: head.Hash, Record: r}
	var err error
	e.Hash, err = e.sum()
	return e, err
}

// sum is the hash of all of an entry but the hash itself.
func (e Entry) sum() (string, error) {
	e.Hash = ""
	b, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("audit: encode entry %d: %w", e.Sequence, err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Broken says where a chain is not whole.
type Broken struct {
	Sequence int64 // that was expected there
	What     string
}

// Error names the first bad entry.
func (b *Broken) Error() string { return fmt.Sprintf("audit: entry %d: %s", b.Sequence, b.What) }

// Verify holds entries to what came before them: head, or the zero Entry. Its
// error is a *Broken that names the first bad one. It returns the last entry,
// which is the head of what follows.
func Verify(head Entry, entries []Entry) (Entry, error) {
	for _, e := range entries {
		want := head.Sequence + 1
		sum, err := e.sum()
		switch {
		case err != nil:
			return head, err
		case e.Sequence != want:
			return head, &Broken{want, fmt.Sprintf("entry %d stands in its place", e.Sequence)}
		case e.Previous != head.Hash:
			return head, &Broken{want, "it does not follow the entry before it"}
		case sum != e.Hash:
			return head, &Broken{want, "it was altered"}
		}
		head = e
	}
	return head, nil
}
