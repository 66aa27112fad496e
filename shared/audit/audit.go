// Package audit is the chain of the audit log: each entry holds the hash of the
// one before it, so that whoever alters, removes, inserts or reorders one breaks
// the chain there. A log that was cut at its end, or written anew from some entry
// on, is whole in itself: what shows it is an anchor, which says of one entry
// what its hash was, is signed, and is kept where who has the log cannot write.
package audit

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

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

// Broken says where a log is not what it was.
type Broken struct {
	Line     string // entry, or anchor
	Sequence int64  // that was expected there
	What     string
}

// Error names the first bad line.
func (b *Broken) Error() string { return fmt.Sprintf("audit: %s %d: %s", b.Line, b.Sequence, b.What) }

func badEntry(sequence int64, what string, args ...any) error {
	return &Broken{"entry", sequence, fmt.Sprintf(what, args...)}
}

// follows holds an entry to the one before it.
func (e Entry) follows(head Entry) error {
	want := head.Sequence + 1
	sum, err := e.sum()
	switch {
	case err != nil:
		return err
	case e.Sequence != want:
		return badEntry(want, "entry %d stands in its place", e.Sequence)
	case e.Previous != head.Hash:
		return badEntry(want, "it does not follow the entry before it")
	case sum != e.Hash:
		return badEntry(want, "it was altered")
	}
	return nil
}

// Witness remembers one entry of the log.
type Witness struct {
	Name     string // of who remembers, for a person
	Sequence int64
	Hash     string
}

// Walk holds a log, page by page, to its chain and to witnesses.
type Walk struct {
	Head      Entry // the last entry that is as it should be
	witnesses []Witness
}

// NewWalk begins after head; the zero Entry is before the first.
func NewWalk(head Entry, witnesses ...Witness) *Walk {
	witnesses = slices.Clone(witnesses)
	slices.SortStableFunc(witnesses, func(a, b Witness) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return &Walk{head, witnesses}
}

// Page holds the next entries to what came before them, and to whoever remembers
// them. Its error is a *Broken that names the first bad one.
func (w *Walk) Page(entries []Entry) error {
	for _, e := range entries {
		if err := e.follows(w.Head); err != nil {
			return err
		}
		for ; len(w.witnesses) > 0 && w.witnesses[0].Sequence == e.Sequence; w.witnesses = w.witnesses[1:] {
			if a := w.witnesses[0]; a.Hash != e.Hash {
				return badEntry(e.Sequence, "it is not the one that %s remembers: the log was written anew, here or before", a.Name)
			}
		}
		w.Head = e
	}
	return nil
}

// End says whether everything that is remembered was there.
func (w *Walk) End() error {
	if len(w.witnesses) == 0 {
		return nil
	}
	last := w.witnesses[len(w.witnesses)-1]
	return badEntry(w.Head.Sequence+1, "it is missing: %s remembers entry %d, so the log was cut", last.Name, last.Sequence)
}
