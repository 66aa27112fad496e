package seal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/fault"
	"paceline/shared/function/seal"
)

// memory is a Source.
type memory struct {
	mu     sync.Mutex
	kept   map[string][]byte
	reads  int
	broken error
}

func (m *memory) read(key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	return m.kept[key], m.broken
}

func (m *memory) create(key string, b []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string][]byte{}
	}
	if m.kept[key] == nil {
		m.kept[key] = b
	}
	return m.kept[key], m.broken
}

func (m *memory) Master(context.Context) ([]byte, error)             { return m.read("master") }
func (m *memory) Person(_ context.Context, o string) ([]byte, error) { return m.read("person " + o) }
func (m *memory) CreateMaster(_ context.Context, b []byte) ([]byte, error) {
	return m.create("master", b)
}

func (m *memory) CreatePerson(_ context.Context, o string, b []byte) ([]byte, error) {
	return m.create("person "+o, b)
}

func (m *memory) ReplaceMaster(_ context.Context, old, next []byte) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil || !bytes.Equal(m.kept["master"], old) {
		return false, m.broken
	}
	m.kept["master"] = next
	return true, nil
}

func (m *memory) put(key string, b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[key] = b
}

// rig is keys of some people, and what they are made of.
type rig struct {
	*seal.Keys
	source *memory
	file   string // of the KEK
	calls  *counted
	clock  atomic.Int64
}

// counted counts how often the KEK is asked.
type counted struct {
	seal.KEK
	n atomic.Int64
}

func (c *counted) DecryptWithContext(ctx context.Context, b, a []byte) ([]byte, error) {
	c.n.Add(1)
	return c.KEK.DecryptWithContext(ctx, b, a)
}

func open(t testing.TB, people ...string) *rig {
	t.Helper()
	doc, err := seal.GenerateKEK()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{source: &memory{}, file: filepath.Join(t.TempDir(), "kek.json")}
	r.write(t, doc)
	r.clock.Store(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC).UnixNano())
	r.calls = &counted{KEK: kekOf(t, r.file)}
	r.Keys = r.process()
	for _, p := range people {
		if err := r.Ensure(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func kekOf(t testing.TB, file string) seal.KEK {
	t.Helper()
	kek, err := seal.OpenKEK("file://" + file)
	if err != nil {
		t.Fatal(err)
	}
	return kek
}

func (r *rig) write(t testing.TB, doc []byte) {
	t.Helper()
	if err := os.WriteFile(r.file, doc, 0o600); err != nil {
		t.Fatal(err)
	}
}

// process is another process on the same keys.
func (r *rig) process() *seal.Keys {
	return seal.New(r.calls, r.source, func() time.Time { return time.Unix(0, r.clock.Load()) })
}

func (r *rig) seal(t testing.TB, owner, place, plain string) []byte {
	t.Helper()
	b, err := r.Seal(t.Context(), owner, place, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatIsSealedOpensInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	r := open(t, "ann", "bob", "an")
	b := r.seal(t, "ann", "place", "secret")
	if bytes.Contains(b, []byte("secret")) {
		t.Fatalf("it is not sealed: %q", b)
	}
	if got, err := r.process().Open(t.Context(), "ann", "place", b); err != nil || string(got) != "secret" {
		t.Errorf("another process opens %q, %v", got, err)
	}
	flipped := bytes.Clone(b)
	flipped[len(flipped)-1] ^= 1
	for name, c := range map[string]struct {
		owner, place string
		sealed       []byte
	}{
		"another place":         {"ann", "place2", b},
		"another person":        {"bob", "place", b},
		"a moved border":        {"an", "nplace", b},
		"a changed bit":         {"ann", "place", flipped},
		"the end is missing":    {"ann", "place", b[:len(b)-1]},
		"nothing":               {"ann", "place", nil},
		"what was never sealed": {"ann", "place", []byte("secret")},
	} {
		if got, err := r.Open(t.Context(), c.owner, c.place, c.sealed); err == nil || fault.Of(err).Status != 500 {
			t.Errorf("%s: opens as %q, %v", name, got, err)
		}
	}
}

// A wrapped key that was moved to another person opens nothing of theirs.
func TestAPersonsKeyIsBoundToThePerson(t *testing.T) {
	t.Parallel()
	r := open(t, "ann", "bob")
	b := r.seal(t, "ann", "place", "secret")
	raw, _ := r.source.read("person ann")
	r.source.put("person bob", raw)
	if got, err := r.process().Open(t.Context(), "bob", "place", b); err == nil {
		t.Errorf("bob opens %q with ann's key", got)
	}
}

func TestADestroyedKeyStopsWithinItsTime(t *testing.T) {
	t.Parallel()
	r := open(t, "ann")
	b := r.seal(t, "ann", "place", "secret")
	r.source.put("person ann", nil)
	if _, err := r.Open(t.Context(), "ann", "place", b); err != nil {
		t.Errorf("while it is in memory: %v", err)
	}
	r.clock.Add(int64(seal.KeptFor))
	for _, keys := range []*seal.Keys{r.Keys, r.process()} {
		if _, err := keys.Open(t.Context(), "ann", "place", b); !errors.Is(err, seal.ErrNoKey) || fault.Of(err).Status != 404 {
			t.Errorf("opened: %v", err)
		}
		if _, err := keys.Seal(t.Context(), "ann", "place", nil); !errors.Is(err, seal.ErrNoKey) {
			t.Errorf("sealed: %v", err)
		}
	}
	if seal.KeptFor > time.Minute {
		t.Errorf("an erasure takes %v to hold everywhere", seal.KeptFor)
	}
}

func TestKeysThatCannotBeReadAreNoneThatAreGone(t *testing.T) {
	t.Parallel()
	r := open(t, "ann")
	b := r.seal(t, "ann", "place", "secret")
	doc, _ := seal.GenerateKEK()
	good, _ := os.ReadFile(r.file)
	for name, content := range map[string][]byte{"another KEK": doc, "no KEK": []byte("{}"), "garbage": []byte("hunter2")} {
		r.write(t, content)
		keys := r.process()
		_, err := keys.Open(t.Context(), "ann", "place", b)
		if known := fault.Of(err); known.Status != 503 || known.Code != "keys_unavailable" || errors.Is(err, seal.ErrNoKey) {
			t.Errorf("%s: %v", name, err)
		}
		r.write(t, good)
		if _, err := keys.Open(t.Context(), "ann", "place", b); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
	r.source.broken = fault.Unavailable("store_unavailable", time.Second, io.EOF)
	if _, err := r.process().Open(t.Context(), "ann", "place", b); fault.Of(err).Code != "store_unavailable" {
		t.Errorf("without the store: %v", err)
	}
}

func TestTheKEKIsAskedOnceAProcess(t *testing.T) {
	t.Parallel()
	r := open(t, "ann", "bob")
	r.calls.n.Store(0)
	keys := r.process()
	for i := range 100 {
		if _, err := keys.Seal(t.Context(), []string{"ann", "bob"}[i%2], "place", nil); err != nil {
			t.Fatal(err)
		}
		r.clock.Add(int64(seal.KeptFor))
	}
	if n := r.calls.n.Load(); n != 2 { // of the master's two keysets
		t.Errorf("the KEK was asked %d times", n)
	}
}

func TestAFirstStartOfManyMakesOneMaster(t *testing.T) {
	t.Parallel()
	r := open(t)
	var wg sync.WaitGroup
	sealed := make([][]byte, 16)
	for i := range sealed {
		wg.Go(func() {
			keys, owner := r.process(), fmt.Sprint("p", i%4)
			if err := keys.Ensure(t.Context(), owner); err != nil {
				t.Error(err)
				return
			}
			var err error
			if sealed[i], err = keys.Seal(t.Context(), owner, "place", []byte("secret")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, b := range sealed {
		if got, err := r.process().Open(t.Context(), fmt.Sprint("p", i%4), "place", b); err != nil || string(got) != "secret" {
			t.Errorf("%d: %q, %v", i, got, err)
		}
	}
}

func TestNoncesAreUnique(t *testing.T) {
	t.Parallel()
	r := open(t, "ann")
	const n = 1_000_000
	seen := make(map[[12]byte]bool, n)
	for range n {
		b, err := r.Seal(t.Context(), "ann", "place", nil)
		if err != nil {
			t.Fatal(err)
		}
		seen[[12]byte(b[5:17])] = true // after the id of the key
	}
	if len(seen) != n {
		t.Errorf("%d of %d nonces came twice", n-len(seen), n)
	}
}

func TestFilesAreBoundToTheirPlaceAndWhole(t *testing.T) {
	t.Parallel()
	r := open(t, "ann", "bob")
	for _, size := range []int{0, 1, 1 << 20, 3<<20 + 7} {
		plain := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		b, err := r.SealFile(t.Context(), "ann", "raw/ann/1", plain)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.process().OpenFileBytes(t.Context(), "ann", "raw/ann/1", b)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes come back as %d, %v", size, len(got), err)
		}
		flipped := bytes.Clone(b)
		flipped[len(b)-1] ^= 1
		for name, c := range map[string]struct {
			owner, key string
			sealed     []byte
		}{
			"another key":          {"ann", "raw/ann/2", b},
			"another person":       {"bob", "raw/ann/1", b},
			"a changed bit":        {"ann", "raw/ann/1", flipped},
			"the end is missing":   {"ann", "raw/ann/1", b[:len(b)-1]},
			"a whole segment less": {"ann", "raw/ann/1", b[:min(len(b)-1, 1<<20)]},
			"what is not sealed":   {"ann", "raw/ann/1", plain},
		} {
			if got, err := r.OpenFileBytes(t.Context(), c.owner, c.key, c.sealed); err == nil {
				t.Errorf("%s of %d bytes: opens as %d", name, size, len(got))
			}
		}
	}
}

func TestEventsHideWhatTheirContractMarks(t *testing.T) {
	t.Parallel()
	r := open(t, "ann", seal.Platform)
	ctx := events.WithCause(t.Context(), events.Cause{ID: "cause"})
	e, err := events.New(ctx, "accounts", events.AccountVerified{UserID: "ann", Email: "hunter2@example.com", Locale: "en"}, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := r.SealEvent(ctx, e)
	if err != nil || bytes.Contains(sealed.Data, []byte("hunter2")) || !bytes.Contains(sealed.Data, []byte(`"locale":"en"`)) {
		t.Fatalf("%s, %v", sealed.Data, err)
	}
	data, err := r.process().OpenEvent(ctx, sealed)
	if err != nil {
		t.Fatal(err)
	}
	sealed.Data = data
	if p, err := sealed.Decode(); err != nil || p.(*events.AccountVerified).Email != "hunter2@example.com" {
		t.Errorf("%+v, %v", p, err)
	}
	for name, change := range map[string]func(*events.Envelope){
		"another id":     func(e *events.Envelope) { e.ID += "x" },
		"another type":   func(e *events.Envelope) { e.Type = events.TypeAccountRegistered },
		"another sender": func(e *events.Envelope) { e.Source = events.Source("mail") },
		"another person": func(e *events.Envelope) { e.PartitionKey = "" },
	} {
		other, _ := r.SealEvent(ctx, e)
		change(&other)
		if data, err := r.OpenEvent(ctx, other); err == nil {
			t.Errorf("%s: opens as %s", name, data)
		}
	}
	plain, _ := events.New(ctx, "social", events.Unfollowed{Follow: events.Follow{FollowerID: "nobody"}}, time.Unix(0, 0))
	if same, err := r.SealEvent(ctx, plain); err != nil || !bytes.Equal(same.Data, plain.Data) {
		t.Errorf("nothing to hide: %s, %v", same.Data, err)
	}
}

func TestLookups(t *testing.T) {
	t.Parallel()
	r := open(t)
	name := func(kind, value string) string {
		names, err := r.process().Lookup(t.Context(), kind, value)
		if err != nil || len(names) != 1 || len(names[0]) != 22 {
			t.Fatal(names, err)
		}
		return names[0]
	}
	if first := name("mail", "a@example.com"); first != name("mail", "a@example.com") {
		t.Error("the same address has two names")
	}
	for _, other := range [][2]string{{"mail", "b@example.com"}, {"other", "a@example.com"}, {"maila", "@example.com"}} {
		if name("mail", "a@example.com") == name(other[0], other[1]) {
			t.Errorf("%v has the same name", other)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	r := open(b, "ann")
	plain := bytes.Repeat([]byte("x"), 1000)
	for b.Loop() {
		sealed, err := r.Seal(b.Context(), "ann", "place", plain)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.Open(b.Context(), "ann", "place", sealed); err != nil {
			b.Fatal(err)
		}
	}
}
