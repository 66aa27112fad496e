package watch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/audit"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
	"paceline/shared/function/store"
)

var root = functiontest.Person{ID: "01ROOT", Roles: []identity.Role{identity.Member, identity.Admin}}

// deed delivers the n-th record, twice when again.
func deed(r *functiontest.Rig, n int, again bool) {
	r.T.Helper()
	p := events.AuditRecorded{RecordID: fmt.Sprint(n), Function: "accounts", Action: "role.grant", ActorID: root.ID, Detail: "coach", Outcome: "done", At: r.Now()}
	for range 2 {
		if status := r.Redeliver(fmt.Sprint("delivery of ", n), p); status/100 != 2 {
			r.T.Fatalf("record %d: %d", n, status)
		}
		if !again {
			return
		}
	}
}

// deeds delivers records from the first on, up to the last.
func deeds(r *functiontest.Rig, first, last int) {
	r.T.Helper()
	for n := first; n <= last; n++ {
		deed(r, n, false)
	}
}

// sweep is what the schedule does.
func sweep(r *functiontest.Rig) {
	r.T.Helper()
	if status := r.Deliver(events.Ping{Schedule: "sweep"}); status/100 != 2 {
		r.T.Fatalf("sweep: %d", status)
	}
}

// readAll is every item of a list, read by pages of two.
func readAll[T any](r *functiontest.Rig, path string) (all []T) {
	r.T.Helper()
	for next := path + "?limit=2"; ; {
		var page struct {
			Items      []T
			NextCursor string `json:"next_cursor"`
		}
		a := r.Call(root, "GET", next, nil)
		if a.Status != 200 {
			r.T.Fatalf("%s: %d %s", next, a.Status, a.Body)
		}
		a.JSON(r.T, &page)
		if all = append(all, page.Items...); page.NextCursor == "" {
			return all
		}
		next = path + "?limit=2&cursor=" + page.NextCursor
	}
}

func anchors(r *functiontest.Rig) []audit.Anchor {
	r.T.Helper()
	return readAll[audit.Anchor](r, "/v1/admin/audit/anchors")
}

// breaks is how often the watch told that the log is broken.
func breaks(r *functiontest.Rig) (n int) {
	for _, s := range functiontest.SentOf[events.SecuritySignal](r) {
		if s.Name == "audit_chain_broken" && s.Level == "critical" {
			n++
		}
	}
	return n
}

func TestTheAuditLogIsAChain(t *testing.T) {
	t.Parallel()
	r := open(t)
	for n := range 5 {
		deed(r, n, true) // the second is a redelivery
	}
	walk := audit.NewWalk(audit.Entry{})
	if err := walk.Page(readAll[audit.Entry](r, "/v1/admin/audit")); err != nil {
		t.Fatal(err)
	}
	if walk.Head.Sequence != 5 || walk.Head.Record.RecordID != "4" {
		t.Errorf("head %+v", walk.Head)
	}
	for _, path := range []string{"/v1/admin/audit", "/v1/admin/audit/anchors"} {
		for _, query := range []string{"?limit=0", "?limit=101", "?cursor=x", "?cursor=LTE", "?cursor=Li4vcmF3"} { // -1, ../raw
			if a := r.Call(root, "GET", path+query, nil); a.Status != 422 || a.Code() != "invalid_parameter" {
				t.Errorf("%s%s: %d %s", path, query, a.Status, a.Body)
			}
		}
	}
}

// The head of the log is signed and kept among the objects: each hour in which
// something was added, and each hundred entries.
func TestTheAuditLogIsAnchored(t *testing.T) {
	t.Parallel()
	r := open(t)
	sweep(r)
	if got := anchors(r); len(got) != 0 {
		t.Fatalf("an empty log: %+v", got)
	}
	deeds(r, 1, 3)
	sweep(r)
	deeds(r, 4, 5)
	sweep(r) // not due
	r.Advance(time.Hour)
	sweep(r)
	sweep(r) // nothing new
	r.Advance(time.Hour)
	sweep(r)
	deeds(r, 6, 105)
	sweep(r)
	got := anchors(r)
	if err := audit.VerifyAnchors(got); err != nil {
		t.Fatal(err)
	}
	var at []int64
	keys := identity.NewAnchorVerifier(func(context.Context) ([]byte, error) { return os.ReadFile(r.Vars["IDENTITY_JWKS_FILE"]) }, r.Now)
	log := readAll[audit.Entry](r, "/v1/admin/audit")
	for _, a := range got {
		at = append(at, a.Sequence)
		digest, err := a.Digest()
		if err == nil {
			err = keys.Anchor(t.Context(), digest, a.Signature)
		}
		if err != nil || a.Hash != log[a.Sequence-1].Hash {
			t.Errorf("anchor %d: %v, entry %s", a.Number, err, log[a.Sequence-1].Hash)
		}
		if err := keys.Anchor(t.Context(), digest+"0", a.Signature); err == nil {
			t.Errorf("anchor %d vouches for what it does not", a.Number)
		}
	}
	if want := []int64{3, 5, 105}; !slices.Equal(at, want) {
		t.Errorf("anchors of the entries %v, want %v", at, want)
	}
	if n := breaks(r); n != 0 {
		t.Errorf("a whole log was told as broken %d times", n)
	}
}

// log is the audit log in Redis, to somebody who may do anything there.
type log struct {
	*redis.Client
	t   *testing.T
	key string
}

func openLog(r *functiontest.Rig, t *testing.T) log {
	t.Helper()
	c, err := store.Dial(r.Redis, store.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return log{c.(*redis.Client), t, store.New(store.Config{Function: "watch", Client: c}).LedgerKey("audit", "log")}
}

// write makes the log another one.
func (l log) write(entries []audit.Entry) {
	l.t.Helper()
	var lines []any
	for _, e := range entries {
		b, err := json.Marshal(e)
		if err != nil {
			l.t.Fatal(err)
		}
		lines = append(lines, b)
	}
	err := l.Del(l.t.Context(), l.key).Err()
	if err == nil && len(lines) > 0 {
		err = l.RPush(l.t.Context(), l.key, lines...).Err()
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// anew is a log with another entry at i, and all after it made to fit.
func anew(t *testing.T, log []audit.Entry, i int) []audit.Entry {
	t.Helper()
	out := slices.Clone(log)
	for ; i < len(log); i++ {
		var head audit.Entry
		if i > 0 {
			head = out[i-1]
		}
		r := log[i].Record
		r.ActorID = "01EVE"
		var err error
		if out[i], err = audit.Next(head, r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// Whoever gets at the log in Redis is seen by the next sweep, and once; the watch
// goes on from there.
func TestALogThatWasTouchedIsToldOnce(t *testing.T) {
	t.Parallel()
	for name, touch := range map[string]func(t *testing.T, whole []audit.Entry) []audit.Entry{
		"altered": func(_ *testing.T, w []audit.Entry) []audit.Entry { w[6].Record.ActorID = "01EVE"; return w },
		"deleted": func(_ *testing.T, w []audit.Entry) []audit.Entry { return slices.Delete(w, 6, 7) },
		"moved":   func(_ *testing.T, w []audit.Entry) []audit.Entry { w[6], w[7] = w[7], w[6]; return w },
		"doubled": func(_ *testing.T, w []audit.Entry) []audit.Entry { return slices.Insert(w, 6, w[6]) },
		"cut":     func(_ *testing.T, w []audit.Entry) []audit.Entry { return w[:4] },
		"gone":    func(*testing.T, []audit.Entry) []audit.Entry { return nil },
		"forked":  func(t *testing.T, w []audit.Entry) []audit.Entry { return anew(t, w, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t)
			deeds(r, 1, 5)
			sweep(r) // an anchor of entry 5
			deeds(r, 6, 10)
			openLog(r, t).write(touch(t, readAll[audit.Entry](r, "/v1/admin/audit")))
			sweep(r)
			if n := breaks(r); n != 1 {
				t.Errorf("told %d times", n)
			}
			sweep(r)
			sweep(r)
			if n := breaks(r); n != 1 {
				t.Errorf("told %d times after more sweeps", n)
			}
		})
	}
}

// An end that no anchor remembers yet is missed when the next record comes.
func TestALogThatWasCutIsToldWithTheNextRecord(t *testing.T) {
	t.Parallel()
	r := open(t)
	deeds(r, 1, 5)
	sweep(r)
	deeds(r, 6, 10)
	whole := readAll[audit.Entry](r, "/v1/admin/audit")
	openLog(r, t).write(whole[:8])
	deed(r, 11, true)
	if n := breaks(r); n != 1 {
		t.Errorf("told %d times", n)
	}
	walk := audit.NewWalk(audit.Entry{})
	if err := walk.Page(readAll[audit.Entry](r, "/v1/admin/audit")); err == nil || !strings.Contains(err.Error(), "entry 9: entry 11 stands in its place") {
		t.Errorf("the log closed over what is missing: %v", err)
	}
}

// A Redis that was set back forgets log, head and anchor alike. The objects do
// not.
func TestARedisThatWasSetBackIsTold(t *testing.T) {
	t.Parallel()
	r := open(t)
	l := openLog(r, t)
	deeds(r, 1, 5)
	sweep(r)
	backup := map[string]string{}
	for _, key := range l.Keys(t.Context(), "*").Val() {
		backup[key] = l.Dump(t.Context(), key).Val()
	}
	deeds(r, 6, 10)
	r.Advance(time.Hour)
	sweep(r) // an anchor of entry 10, which is about to be forgotten
	for _, key := range l.Keys(t.Context(), "*").Val() {
		l.Del(t.Context(), key)
	}
	for key, dump := range backup {
		if err := l.Restore(t.Context(), key, 0, dump).Err(); err != nil {
			t.Fatal(err)
		}
	}
	deeds(r, 11, 13)
	r.Advance(time.Hour)
	for range 3 {
		sweep(r)
	}
	if n := breaks(r); n != 1 {
		t.Errorf("told %d times", n)
	}
}

// Keys are changed past the API: the watch sees it, and the audit log says so.
func TestKeysThatComeAndGoAreInTheAuditLog(t *testing.T) {
	t.Parallel()
	r := open(t)
	sweep(r)
	if told := functiontest.SentOf[events.AuditRecorded](r); len(told) != 0 {
		t.Fatalf("the first look told %+v", told)
	}
	doc, err := os.ReadFile(r.Vars["IDENTITY_JWKS_FILE"])
	if err != nil {
		t.Fatal(err)
	}
	set, err := identity.ParseKeySet(doc)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := identity.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := identity.ParseKey("stats", pem)
	if err != nil {
		t.Fatal(err)
	}
	old := set.Signing()[slices.IndexFunc(set.Signing(), func(id string) bool { return strings.HasPrefix(id, "stats.") })]
	set.Add(key)
	set.Retire(r.Now(), false, key)
	if doc, err = set.Document(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.Vars["IDENTITY_JWKS_FILE"], doc, 0o600); err != nil {
		t.Fatal(err)
	}
	sweep(r)
	sweep(r)
	var told []string
	for _, d := range functiontest.SentOf[events.AuditRecorded](r) {
		told = append(told, d.Action+" "+d.TargetID)
	}
	if want := []string{"key.publish " + key.ID(), "key.retire " + old}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}
