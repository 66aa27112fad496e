package export_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/export"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/store"
	"paceline/shared/inventory"
)

const (
	anna = "01ANNA"
	ben  = "01BEN"
)

// keeper is a function that keeps what accounts does and only exports; state is
// where a test puts things.
func keeper(state **store.Store) function.Opener {
	return func(_ context.Context, e function.Env) (*function.Function, error) {
		base, err := function.OpenBase(e, "accounts")
		if err != nil {
			return nil, err
		}
		*state = base.Store
		as := func(e events.Exported) events.Payload { return events.AccountsExported{Exported: e} }
		files := func(d inventory.Document, value json.RawMessage) ([]events.Original, error) {
			if d.Kind() != "account" {
				return nil, nil
			}
			return []events.Original{{Key: "raw/" + anna, Name: "it.fit", SizeBytes: int64(len(value))}}, nil
		}
		return base.Function(http.NotFoundHandler(), export.From(base.Store, as, files)), nil
	}
}

// fill keeps n grants, the account and an athlete of Anna, and the account of Ben.
func fill(t *testing.T, s *store.Store, n int) {
	t.Helper()
	keep := func(owner string, change func(*store.Tx) error) {
		if err := s.Update(t.Context(), owner, change); err != nil {
			t.Fatal(err)
		}
	}
	keep(anna, func(tx *store.Tx) error {
		for i := range n {
			key := tx.Key("coach", anna, fmt.Sprintf("%04d", i))
			tx.Own(anna, key, 0)
			if err := tx.Set(key, map[string]any{"granted": true, "pad": strings.Repeat("x", 1000)}, 0); err != nil {
				return err
			}
		}
		tx.Write(func(p redis.Pipeliner) {
			p.ZAdd(t.Context(), tx.Key("athletes", anna), redis.Z{Score: store.Score(functiontest.Start), Member: ben})
		})
		key := tx.Key("unknown", anna)
		if err := tx.SetSealed(anna, key, "kept for a while", time.Hour); err != nil {
			return err
		}
		return tx.SetSealed(anna, tx.Key("account", anna), map[string]any{"display_name": "Anna", "password": "a hash", "version": int64(1<<60 + 1)}, 0)
	})
	keep(ben, func(tx *store.Tx) error {
		return tx.SetSealed(ben, tx.Key("account", ben), map[string]any{"display_name": "Ben"}, 0)
	})
}

// exported is what the pages hold, by file and key; it fails for pages that are
// missing or differ.
func exported(t *testing.T, r *functiontest.Rig) map[string]json.RawMessage {
	t.Helper()
	pages := functiontest.SentOf[events.AccountsExported](r)
	slices.SortFunc(pages, func(a, b events.AccountsExported) int { return a.Page - b.Page })
	out := map[string]json.RawMessage{}
	for i, p := range pages {
		if p.Page != i+1 || p.Last != (i == len(pages)-1) || p.UserID != anna || p.ExportID != "01EXPORT" {
			t.Fatalf("page %d of %d: %d, last %v, of %s", i+1, len(pages), p.Page, p.Last, p.UserID)
		}
		b, err := export.Unpack(p.Exported)
		if err != nil {
			t.Fatal(err)
		}
		var all []struct {
			Key   string
			Value json.RawMessage
		}
		if err := json.Unmarshal(slices.Concat([]byte("["), b, []byte("]")), &all); err != nil || len(all) != p.Count {
			t.Fatalf("page %d: %d documents, %v", p.Page, len(all), err)
		}
		for _, d := range all {
			name := p.File + " " + d.Key
			if p.File == "athletes.json" {
				name += string(d.Value)
			}
			if _, twice := out[name]; twice {
				t.Fatalf("%s is there twice", name)
			}
			out[name] = d.Value
		}
	}
	return out
}

var asked = events.AccountExportRequested{UserID: anna, ExportID: "01EXPORT", At: functiontest.Start}

func TestAnExportHasEveryDocumentOnce(t *testing.T) {
	t.Parallel()
	var s *store.Store
	r := functiontest.New(t, "accounts", keeper(&s), nil)
	r.Know(anna, ben)
	fill(t, s, 700)
	for _, id := range []string{"one", "one", "two"} { // again, as a broker may
		if status := r.Redeliver(id, asked); status/100 != 2 {
			t.Fatalf("%d", status)
		}
	}
	got := exported(t, r)
	if len(got) != 702 {
		t.Errorf("%d documents", len(got))
	}
	if v, want := string(got["account.json account:"+anna]), fmt.Sprintf(`{"display_name":"Anna","version":%d}`, int64(1<<60+1)); v != want {
		t.Errorf("the account is %s, want %s", v, want)
	}
	if v := got["coaches.json coach:"+anna+":0699"]; !bytes.Contains(v, []byte(`"granted":true`)) {
		t.Errorf("a grant: %s", v)
	}
	var files []events.Original
	for _, p := range functiontest.SentOf[events.AccountsExported](r) {
		files = append(files, p.Originals...)
	}
	if len(files) != 1 || files[0].Name != "it.fit" {
		t.Errorf("originals: %+v", files)
	}
	if pages := functiontest.SentOf[events.AccountsExported](r); len(pages) < 3 {
		t.Errorf("%d pages: the test is not about pages", len(pages))
	}
	for name := range got {
		if strings.Contains(name, "unknown") || strings.Contains(name, "account:"+ben) {
			t.Errorf("%s is in the export", name)
		}
	}
}

// A later asking is answered anew, and an older one not any more.
func TestALaterAskingBeginsAgain(t *testing.T) {
	t.Parallel()
	var s *store.Store
	r := functiontest.New(t, "accounts", keeper(&s), nil)
	r.Know(anna, ben)
	fill(t, s, 1)
	again := asked
	again.At = asked.At.Add(time.Hour)
	r.Redeliver("first", asked)
	r.Redeliver("second", again)
	r.Redeliver("first, late", asked)
	var at []time.Time
	for _, p := range functiontest.SentOf[events.AccountsExported](r) {
		if p.Last {
			at = append(at, p.At)
		}
	}
	if len(at) != 2 || !at[0].Equal(asked.At) || !at[1].Equal(again.At) {
		t.Errorf("answered to %v", at)
	}
}

func TestNothingIsExportedOfWhoIsErased(t *testing.T) {
	t.Parallel()
	var s *store.Store
	r := functiontest.New(t, "accounts", keeper(&s), nil)
	r.Know(anna, ben)
	fill(t, s, 3)
	r.Erase(anna)
	if status := r.Redeliver("one", asked); status/100 != 2 {
		t.Errorf("%d", status)
	}
	for _, e := range r.Sent() {
		t.Errorf("sent %s", e.Type)
	}
}

// Wherever the function is killed, its next process goes on from there.
func TestAnExportGoesOnAfterAKill(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{true, false} {
		for n, cut := 1, true; cut; n++ {
			var s *store.Store
			r, kill := functiontest.NewKillable(t, "accounts", keeper(&s), nil)
			r.Know(anna, ben)
			fill(t, s, 600)
			kill.At(n, before)
			r.Redeliver("ask", asked)
			if cut = kill.Heal(); n == 1 && !cut {
				t.Fatal("nothing was killed")
			}
			next := r.Reopen(keeper(&s))
			for _, p := range []events.Payload{asked, events.Ping{Schedule: "sweep"}} {
				if status := next.Redeliver(map[bool]string{true: "sweep", false: "ask"}[p.EventType() == events.TypePing], p); status/100 != 2 {
					t.Fatalf("killed at %d: %s: %d", n, p.EventType(), status)
				}
			}
			if got := exported(t, r); len(got) != 602 {
				t.Errorf("killed at %d (before %v): %d documents", n, before, len(got))
			}
		}
	}
}

// What an export leaves out are secrets and others' names, at any depth.
func TestWhatIsWithheld(t *testing.T) {
	t.Parallel()
	for _, d := range inventory.Documents {
		if d.Type == "accounts.Factors" && (!d.Withheld()["secret"] || !d.Withheld()["recovery"] || !d.Withheld()["credential"] || d.Withheld()["password"]) {
			t.Errorf("%s withholds %v", d.Type, d.Withheld())
		}
	}
}
