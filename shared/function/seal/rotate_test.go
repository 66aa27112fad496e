package seal_test

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"testing"

	"paceline/shared/function/seal"
)

// rotate gives a person new keys, as accounts does.
func (r *rig) rotate(t *testing.T, owner string) {
	t.Helper()
	raw, _ := r.source.read("person " + owner)
	raw, err := r.Rotated(t.Context(), owner, raw)
	if err != nil {
		t.Fatal(err)
	}
	r.source.put("person "+owner, raw)
}

// Everything rotates while other processes go on with what they remember; what
// was sealed before, by whichever key, opens after.
func TestEverythingRotatesUnderProcessesThatRun(t *testing.T) {
	t.Parallel()
	r := open(t, "ann", "bob", seal.Platform)
	running := []*seal.Keys{r.process(), r.process()}
	sealed := map[string][]byte{}
	check := func(step string) {
		t.Helper()
		for i, keys := range append(running, r.process()) {
			b, err := keys.Seal(t.Context(), "ann", "place", []byte("secret"))
			if err != nil {
				t.Fatalf("%s: process %d seals: %v", step, i, err)
			}
			sealed[fmt.Sprint(step, i)] = b
			file, err := keys.SealFile(t.Context(), "ann", "file", []byte("secret"))
			if err != nil {
				t.Fatalf("%s: process %d seals a file: %v", step, i, err)
			}
			sealed["file "+fmt.Sprint(step, i)] = file
		}
		for i, keys := range append(running, r.process()) {
			for when, b := range sealed {
				var got []byte
				var err error
				if bytes.HasPrefix([]byte(when), []byte("file ")) {
					got, err = keys.OpenFileBytes(t.Context(), "ann", "file", b)
				} else {
					got, err = keys.Open(t.Context(), "ann", "place", b)
				}
				if err != nil || string(got) != "secret" {
					t.Errorf("%s: process %d opens what was sealed at %s as %q, %v", step, i, when, got, err)
				}
			}
		}
	}
	check("start")
	for round := range 2 {
		old, _ := os.ReadFile(r.file)
		two, err := seal.AddKEK(old)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := seal.AddKEK(two); err != nil || !bytes.Equal(again, two) {
			t.Errorf("a second time adds another key: %v", err)
		}
		r.write(t, two)
		check(fmt.Sprint("a new KEK ", round))
		if err := r.RotateMaster(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(fmt.Sprint("a new master ", round))
		for _, owner := range []string{"ann", "bob", seal.Platform} {
			r.rotate(t, owner)
			check(fmt.Sprint("new keys of ", owner, round))
		}
		if err := r.TrimMaster(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(fmt.Sprint("one master ", round))
		one, err := seal.TrimKEK(two)
		if err != nil {
			t.Fatal(err)
		}
		r.write(t, old)
		if _, err := r.process().Open(t.Context(), "ann", "place", sealed["start0"]); err == nil {
			t.Error("the old KEK still opens the master")
		}
		r.write(t, one)
		check(fmt.Sprint("one KEK ", round))
	}
}

// A person whose keys were wrapped by an old master only is lost with it: that is
// what a rotation must come before, and what ends an old backup.
func TestATrimmedMasterUnwrapsNothingOld(t *testing.T) {
	t.Parallel()
	r := open(t, "ann")
	b := r.seal(t, "ann", "place", "secret")
	for _, step := range []error{r.RotateMaster(t.Context()), r.TrimMaster(t.Context())} {
		if step != nil {
			t.Fatal(step)
		}
	}
	if got, err := r.process().Open(t.Context(), "ann", "place", b); err == nil {
		t.Errorf("it opens as %q", got)
	}
}

func TestNamesAreFoundAfterARotation(t *testing.T) {
	t.Parallel()
	r := open(t, "ann")
	before, err := r.Lookup(t.Context(), "mail", "a@example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []error{r.RotateMaster(t.Context()), r.TrimMaster(t.Context())} {
		if step != nil {
			t.Fatal(step)
		}
	}
	after, err := r.process().Lookup(t.Context(), "mail", "a@example.com")
	if err != nil || len(after) != 2 || after[0] == before[0] || after[1] != before[0] {
		t.Errorf("%v, then %v, %v", before, after, err)
	}
}

// A key that is made while the master rotates is wrapped by the new one, though
// its process remembers the old.
func TestAKeyIsMadeUnderTheNewestMaster(t *testing.T) {
	t.Parallel()
	r := open(t, "ann")
	old := r.process()
	if _, err := old.Seal(t.Context(), "ann", "place", nil); err != nil {
		t.Fatal(err)
	}
	if err := r.RotateMaster(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := old.Ensure(t.Context(), "new"); err != nil {
		t.Fatal(err)
	}
	r.rotate(t, seal.Platform)
	if err := r.TrimMaster(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.process().Seal(t.Context(), "new", "place", nil); err != nil {
		t.Errorf("the new key is lost: %v", err)
	}
}

func TestManyRotationsOfTheMasterAreInARow(t *testing.T) {
	t.Parallel()
	r := open(t, "ann")
	b := r.seal(t, "ann", "place", "secret")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := r.process().RotateMaster(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	names, err := r.process().Lookup(t.Context(), "mail", "a@example.com")
	if err != nil || len(names) != 5 {
		t.Errorf("%d keys, %v", len(names), err)
	}
	if _, err := r.process().Open(t.Context(), "ann", "place", b); err != nil {
		t.Error(err)
	}
}
