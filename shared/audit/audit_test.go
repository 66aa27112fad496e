package audit_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/audit"
)

const lines = 100_000

func chain(t *testing.T) []audit.Entry {
	t.Helper()
	var head audit.Entry
	all := make([]audit.Entry, 0, lines)
	at := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	for i := range lines {
		var err error
		if head, err = audit.Next(head, events.AuditRecorded{RecordID: fmt.Sprint(i), Action: "role.grant", ActorID: "01A", Outcome: "done", At: at.Add(time.Duration(i))}); err != nil {
			t.Fatal(err)
		}
		all = append(all, head)
	}
	return all
}

// One line of many that is touched is named, whatever was done to it.
func TestTheFirstBadLineIsNamed(t *testing.T) {
	t.Parallel()
	whole := chain(t)
	head, err := audit.Verify(audit.Entry{}, whole)
	if err != nil || head != whole[lines-1] {
		t.Fatalf("a whole chain: %v, head %+v", err, head)
	}
	const at = 70_000 // the index of sequence at+1
	forged, _ := audit.Next(whole[at-1], events.AuditRecorded{RecordID: "forged"})
	for name, c := range map[string]struct {
		touch func([]audit.Entry) []audit.Entry
		bad   int64
	}{
		"altered":    {func(a []audit.Entry) []audit.Entry { a[at].Record.ActorID = "01B"; return a }, at + 1},
		"deleted":    {func(a []audit.Entry) []audit.Entry { return slices.Delete(a, at, at+1) }, at + 1},
		"inserted":   {func(a []audit.Entry) []audit.Entry { return slices.Insert(a, at, forged) }, at + 2},
		"reordered":  {func(a []audit.Entry) []audit.Entry { a[at], a[at+1] = a[at+1], a[at]; return a }, at + 1},
		"exchanged":  {func(a []audit.Entry) []audit.Entry { a[at] = forged; return a }, at + 2},
		"first gone": {func(a []audit.Entry) []audit.Entry { return a[1:] }, 1},
	} {
		var broken *audit.Broken
		if _, err := audit.Verify(audit.Entry{}, c.touch(slices.Clone(whole))); !errors.As(err, &broken) || broken.Sequence != c.bad {
			t.Errorf("%s: %v, want entry %d", name, err, c.bad)
		}
	}
}

// Pages are verified one after the other.
func TestAChainGoesOnFromItsHead(t *testing.T) {
	t.Parallel()
	whole := chain(t)[:1000]
	var head audit.Entry
	for page := range slices.Chunk(whole, 77) {
		var err error
		if head, err = audit.Verify(head, page); err != nil {
			t.Fatal(err)
		}
	}
	if head != whole[999] {
		t.Errorf("head %+v", head)
	}
}
