package audit_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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
	if head, err := walk(whole); err != nil || head != whole[lines-1] {
		t.Fatalf("a whole chain: %v, head %+v", err, head)
	}
	const at = 70_000 // the index of sequence at+1
	forged, _ := audit.Next(whole[at-1], events.AuditRecorded{RecordID: "forged"})
	skipping, _ := audit.Next(audit.Entry{Sequence: at + 4, Hash: whole[at-1].Hash}, whole[at].Record)
	for name, c := range map[string]struct {
		touch func([]audit.Entry) []audit.Entry
		bad   int64
	}{
		"altered":    {func(a []audit.Entry) []audit.Entry { a[at].Record.ActorID = "01B"; return a }, at + 1},
		"deleted":    {func(a []audit.Entry) []audit.Entry { return slices.Delete(a, at, at+1) }, at + 1},
		"inserted":   {func(a []audit.Entry) []audit.Entry { return slices.Insert(a, at, forged) }, at + 2},
		"reordered":  {func(a []audit.Entry) []audit.Entry { a[at], a[at+1] = a[at+1], a[at]; return a }, at + 1},
		"exchanged":  {func(a []audit.Entry) []audit.Entry { a[at] = forged; return a }, at + 2},
		"skipping":   {func(a []audit.Entry) []audit.Entry { a[at] = skipping; return a }, at + 1},
		"first gone": {func(a []audit.Entry) []audit.Entry { return a[1:] }, 1},
	} {
		var broken *audit.Broken
		if _, err := walk(c.touch(slices.Clone(whole))); !errors.As(err, &broken) || broken.Sequence != c.bad {
			t.Errorf("%s: %v, want entry %d", name, err, c.bad)
		}
	}
}

// walk goes through a log page by page, and answers with the last good entry.
func walk(all []audit.Entry, witnesses ...audit.Witness) (audit.Entry, error) {
	w := audit.NewWalk(audit.Entry{}, witnesses...)
	for page := range slices.Chunk(all, 77) {
		if err := w.Page(page); err != nil {
			return w.Head, err
		}
	}
	return w.Head, w.End()
}

// anchored is the anchors of a log after these entries.
func anchored(t *testing.T, all []audit.Entry, after ...int) []audit.Anchor {
	t.Helper()
	var anchors []audit.Anchor
	var last audit.Anchor
	for _, n := range after {
		var err error
		if last, err = audit.NextAnchor(last, all[n-1], all[n-1].Record.At); err != nil {
			t.Fatal(err)
		}
		anchors = append(anchors, last)
	}
	return anchors
}

func witnesses(anchors []audit.Anchor) (all []audit.Witness) {
	for _, a := range anchors {
		all = append(all, a.Witness())
	}
	return all
}

// What leaves the chain whole is seen by who remembers: a log that ends too
// early, and one that was written anew.
func TestAnchorsSeeWhatTheChainDoesNot(t *testing.T) {
	t.Parallel()
	whole := chain(t)[:1000]
	anchors := anchored(t, whole, 100, 500, 900)
	if head, err := walk(whole, witnesses(anchors)...); err != nil || head.Sequence != 1000 {
		t.Fatalf("a whole log: %v, head %d", err, head.Sequence)
	}
	anew := slices.Clone(whole[:600])
	for i := 600; i < 1000; i++ {
		r := whole[i].Record
		if i == 650 {
			r.ActorID = "01B"
		}
		e, err := audit.Next(anew[i-1], r)
		if err != nil {
			t.Fatal(err)
		}
		anew = append(anew, e)
	}
	for name, c := range map[string]struct {
		log  []audit.Entry
		bad  int64
		says string
	}{
		"its end is gone":       {whole[:850], 851, "anchor 3 remembers entry 900"},
		"all of it is gone":     {nil, 1, "anchor 3 remembers entry 900"},
		"it was written anew":   {anew, 900, "anchor 3 remembers"},
		"what nobody remembers": {whole[:950], 0, ""},
	} {
		var broken *audit.Broken
		_, err := walk(c.log, witnesses(anchors)...)
		switch {
		case c.bad == 0 && err != nil, c.bad > 0 && !errors.As(err, &broken):
			t.Errorf("%s: %v", name, err)
		case c.bad > 0 && (broken.Line != "entry" || broken.Sequence != c.bad || !strings.Contains(broken.What, c.says)):
			t.Errorf("%s: %v, want entry %d and %q", name, err, c.bad, c.says)
		}
	}
}

func TestTheFirstBadAnchorIsNamed(t *testing.T) {
	t.Parallel()
	whole := chain(t)[:1000]
	good := anchored(t, whole, 100, 200, 300, 400)
	if err := audit.VerifyAnchors(good); err != nil {
		t.Fatal(err)
	}
	back := anchored(t, whole, 100, 200, 150)
	for name, c := range map[string]struct {
		touch func([]audit.Anchor) []audit.Anchor
		bad   int64
	}{
		"altered":    {func(a []audit.Anchor) []audit.Anchor { a[1].Hash = whole[0].Hash; return a }, 3},
		"dated":      {func(a []audit.Anchor) []audit.Anchor { a[1].At = a[1].At.Add(1); return a }, 3},
		"deleted":    {func(a []audit.Anchor) []audit.Anchor { return slices.Delete(a, 1, 2) }, 2},
		"reordered":  {func(a []audit.Anchor) []audit.Anchor { a[1], a[2] = a[2], a[1]; return a }, 2},
		"a fork":     {func(a []audit.Anchor) []audit.Anchor { return append(a[:2], anchored(t, whole, 100, 250, 300)[2]) }, 3},
		"a way back": {func([]audit.Anchor) []audit.Anchor { return back }, 3},
	} {
		var broken *audit.Broken
		if err := audit.VerifyAnchors(c.touch(slices.Clone(good))); !errors.As(err, &broken) || broken.Line != "anchor" || broken.Sequence != c.bad {
			t.Errorf("%s: %v, want anchor %d", name, err, c.bad)
		}
	}
}
