package accounts

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// family is what must hold of a session's refresh tokens, whatever is sent when.
type family struct {
	keys    keyring
	session Session
	now     time.Time
	dead    bool
	issued  []string // the token of each generation
}

func (f *family) send(t *rapid.T, token string) {
	p, ok := parseRefresh(token)
	if !ok {
		t.Fatalf("%q cannot be read", token)
	}
	if f.dead {
		return // the session is gone from the store
	}
	before := f.session
	generation := slices.Index(f.issued, token) + 1
	got := f.keys.rotate(&f.session, p, f.now)
	newest := int64(generation) == before.Generation
	repeat := int64(generation) == before.Generation-1 && f.now.Sub(before.RotatedAt) <= sameAnswer
	switch {
	case generation == 0 && got != refused:
		t.Fatalf("a token that was never given: %v", got)
	case generation == 0:
	case newest && got != rotated, repeat && got != again, !newest && !repeat && got != reused:
		t.Fatalf("generation %d of %d after %v: %v", generation, before.Generation, f.now.Sub(before.RotatedAt), got)
	}
	switch got {
	case rotated:
		next := f.keys.refreshToken("ann", f.session)
		if slices.Contains(f.issued, next) {
			t.Fatal("a token is given twice")
		}
		f.issued = append(f.issued, next)
	case again:
		if f.keys.refreshToken("ann", f.session) != f.issued[len(f.issued)-1] {
			t.Fatal("a repeat gets another successor")
		}
		fallthrough
	case refused:
		if f.session.Generation != before.Generation || !f.session.RotatedAt.Equal(before.RotatedAt) {
			t.Fatal("the session moved")
		}
	case reused:
		f.dead = true
	}
}

func TestARefreshTokenIsWrittenOneWay(t *testing.T) {
	t.Parallel()
	for _, generation := range []string{"01", "+1", " 1", "1_0", "1.", ""} {
		if _, ok := parseRefresh("ann.01SESSION." + generation + ".mac"); ok {
			t.Errorf("%q is read as a generation", generation)
		}
	}
}

// At every moment one token moves the session on, and one that comes too late
// ends it: whatever the order, and however answers are lost.
func TestARefreshFamilyHasOneLiveChild(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := &family{keys: keyring{[]byte(strings.Repeat("k", 32))}, now: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)}
		f.session = newSession("01SESSION", "", byPassword, f.now)
		f.issued = []string{f.keys.refreshToken("ann", f.session)}
		t.Repeat(map[string]func(*rapid.T){
			"send the newest": func(t *rapid.T) { f.send(t, f.issued[len(f.issued)-1]) },
			"send any":        func(t *rapid.T) { f.send(t, rapid.SampledFrom(f.issued).Draw(t, "token")) },
			"forge": func(t *rapid.T) {
				parts := strings.Split(f.issued[0], ".")
				parts[2] = rapid.StringMatching(`[1-9][0-9]{0,5}`).Draw(t, "generation")
				if token := strings.Join(parts, "."); !slices.Contains(f.issued, token) {
					f.send(t, token)
				}
			},
			"wait": func(t *rapid.T) {
				f.now = f.now.Add(time.Duration(rapid.IntRange(1, 30).Draw(t, "seconds")) * time.Second)
			},
		})
	})
}
