package objectstest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"paceline/shared/objects"
)

func deleting(t *testing.T, s objects.Store) {
	put(t, s, "a/b/c", []byte("x"))
	put(t, s, "a/d", []byte("y"))
	for range 2 {
		if err := s.Delete(t.Context(), "a/b/c"); err != nil {
			t.Fatal(err)
		}
		absent(t, s, "a/b/c")
	}
	holds(t, s, "a/d", []byte("y"))
	put(t, s, "a/b/c", []byte("again"))
	holds(t, s, "a/b/c", []byte("again"))
}

func missing(t *testing.T, s objects.Store) {
	put(t, s, "there/is", []byte("x"))
	for _, key := range []string{"nothing", "there/nothing", "there/is/not/a/folder"} {
		absent(t, s, key)
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("delete %q: %v", key, err)
		}
	}
	for _, key := range []string{"there", "ther"} { // a prefix of keys is not a key
		_, err := s.Head(t.Context(), key)
		fails(t, err, objects.ErrNotFound)
		_, _, err = s.Get(t.Context(), key, objects.Range{})
		fails(t, err, objects.ErrNotFound)
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("delete %q: %v", key, err)
		}
	}
	holds(t, s, "there/is", []byte("x"))
}

func badKeys(t *testing.T, s objects.Store) {
	bad := []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "a/./b", ".hidden", "a/.tmp",
		"a\x00b", "a\nb", "a\x7f", "a\u0085b", `a\b`, "a\xffb", "a\uffffb",
		strings.Repeat("a", 256), strings.Repeat("a/", 500) + "a",
	}
	for _, key := range bad {
		_, err := s.Put(t.Context(), key, strings.NewReader("x"), objects.Options{})
		fails(t, err, objects.ErrInvalidKey)
		_, _, err = s.Get(t.Context(), key, objects.Range{})
		fails(t, err, objects.ErrInvalidKey)
		_, err = s.Head(t.Context(), key)
		fails(t, err, objects.ErrInvalidKey)
		fails(t, s.Delete(t.Context(), key), objects.ErrInvalidKey)
		if key == "" || key == "a/" {
			continue // as a prefix it is good
		}
		_, err = s.List(t.Context(), key, "", 0)
		fails(t, err, objects.ErrInvalidKey)
		_, err = s.List(t.Context(), "", key, 0)
		fails(t, err, objects.ErrInvalidKey)
	}
	if entries, err := s.List(t.Context(), "", "", 0); err != nil || len(entries) > 0 {
		t.Errorf("refused puts left %v, %v", entries, err)
	}
}

func unicodeKeys(t *testing.T, s objects.Store) {
	names := []string{
		"läufe/größe", "跑步/朝ラン", "ride 🚴 #1?x=y&z=%2F+%", "a b", "date=2026-05-01", "q'\"<>&;:@!$*(),~^`|{}[]", "e\u0301 and é",
	}
	for i, name := range names {
		put(t, s, name, []byte{byte(i)})
	}
	for i, name := range names {
		holds(t, s, name, []byte{byte(i)})
	}
	entries, err := s.List(t.Context(), "", "", 0)
	slices.Sort(names)
	if err != nil || keys(entries) != strings.Join(names, " ") {
		t.Errorf("list: %q, %v; want %q", keys(entries), err, names)
	}
	for _, name := range names {
		if err := s.Delete(t.Context(), name); err != nil {
			t.Error(err)
		}
		absent(t, s, name)
	}
}

func longKeys(t *testing.T, s objects.Store) {
	segment := strings.Repeat("a", 120)
	for _, key := range []string{strings.Repeat("b", 255), strings.Repeat(segment+"/", 7) + segment} {
		put(t, s, key, []byte("x"))
		holds(t, s, key, []byte("x"))
	}
}

func listing(t *testing.T, s objects.Store) {
	names := []string{"a/x", "a-b", "a/y/1", "a/y/2", "a.b", "a/yz", "b", "B", "a0", "ä"}
	for _, name := range names {
		put(t, s, name, []byte(name))
	}
	for _, test := range []struct {
		prefix, after string
		limit         int
		want          string
	}{
		{"", "", 0, "B a-b a.b a/x a/y/1 a/y/2 a/yz a0 b ä"},
		{"", "", 3, "B a-b a.b"},
		{"", "a.b", 3, "a/x a/y/1 a/y/2"},
		{"", "a/y/2", 3, "a/yz a0 b"},
		{"", "b", 3, "ä"},
		{"", "ä", 3, ""},
		{"", "a/y", 2, "a/y/1 a/y/2"},
		{"", "a/y/15", 2, "a/y/2 a/yz"},
		{"a/", "", 0, "a/x a/y/1 a/y/2 a/yz"},
		{"a/y", "", 0, "a/y/1 a/y/2 a/yz"},
		{"a/y/", "a/y/1", 1, "a/y/2"},
		{"a/y/", "a/x", 5, "a/y/1 a/y/2"},
		{"a/y/", "b", 5, ""},
		{"a", "", 2000, "a-b a.b a/x a/y/1 a/y/2 a/yz a0"},
		{"nothing/here/", "", 0, ""},
	} {
		entries, err := s.List(t.Context(), test.prefix, test.after, test.limit)
		if err != nil || keys(entries) != test.want {
			t.Errorf("list(%q, %q, %d): %q, %v; want %q", test.prefix, test.after, test.limit, keys(entries), err, test.want)
		}
		for _, e := range entries {
			if e.Size != int64(len(e.Key)) || e.ModifiedAt.IsZero() {
				t.Errorf("the entry is not of its object: %+v", e)
			}
		}
	}
}

func listingAll(t *testing.T, s objects.Store) {
	const n = 25
	var want []string
	for i := range n {
		key := fmt.Sprintf("d%d/o%02d", i%3, i)
		put(t, s, key, nil)
		want = append(want, key)
	}
	slices.Sort(want)
	var got []objects.Entry
	for after := ""; ; after = got[len(got)-1].Key {
		page, err := s.List(t.Context(), "", after, 4)
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, page...); len(page) < 4 {
			break
		}
	}
	if keys(got) != strings.Join(want, " ") {
		t.Errorf("pages: %q", keys(got))
	}
	var all []objects.Entry
	for e, err := range objects.All(t.Context(), s, "d1/") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	if len(all) != 8 || all[0].Key != "d1/o01" || all[7].Key != "d1/o22" {
		t.Errorf("all of d1/: %q", keys(all))
	}
}

// folderKeys: a store may refuse a key that is a folder of others, but must
// not harm either.
func folderKeys(t *testing.T, s objects.Store) {
	put(t, s, "a/b", []byte("inner"))
	put(t, s, "c", []byte("outer"))
	for _, o := range []objects.Options{{}, {IfAbsent: true}} {
		for _, key := range []string{"a", "c/d", "c/d/e"} {
			_, err := s.Put(t.Context(), key, io.MultiReader(strings.NewReader("x")), o)
			if err == nil {
				holds(t, s, key, []byte("x"))
				if err := s.Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
			} else if !errors.Is(err, objects.ErrInvalidKey) {
				t.Errorf("put %q: %v", key, err)
			}
		}
	}
	holds(t, s, "a/b", []byte("inner"))
	holds(t, s, "c", []byte("outer"))
}
