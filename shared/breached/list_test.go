package breached_test

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"strings"
	"testing"

	"paceline/shared/breached"
)

func build(t testing.TB, b breached.Builder, lines string) (*breached.List, int) {
	t.Helper()
	if err := b.Read(strings.NewReader(lines)); err != nil {
		t.Fatal(err)
	}
	list, n, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return list, n
}

func file(t testing.TB, l *breached.List) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := l.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("wrote %d of %d: %v", n, b.Len(), err)
	}
	return b.Bytes()
}

func TestAListHasItsPasswordsAndNoOthers(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&lines, "leaked %d\n", i)
	}
	built, n := build(t, breached.Builder{}, lines.String()+"leaked 7\nleaked 7\r\n\n")
	if n != 20_000 {
		t.Errorf("%d passwords, want 20,000", n)
	}
	read, err := breached.Parse(file(t, built))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20_000 {
		if !read.Has(fmt.Sprintf("leaked %d", i)) {
			t.Fatalf("%d is missing", i)
		}
		if read.Has(fmt.Sprintf("kept %d", i)) {
			t.Fatalf("%d is on the list by mistake", i)
		}
	}
}

func TestListsOfDigests(t *testing.T) {
	t.Parallel()
	line := func(password, rest string) string { return fmt.Sprintf("%X%s\n", sha1.Sum([]byte(password)), rest) }
	list, n := build(t, breached.Builder{Seen: 10, Shortest: 8},
		line("often", ":10")+strings.ToLower(line("once", ":9"))+line("lower", ":11")+"short\nlong enough\n"+line("odd", ":x"))
	for password, want := range map[string]bool{"often": true, "once": false, "lower": true, "short": false, "long enough": true, "odd": false} {
		if list.Has(password) != want {
			t.Errorf("%s: %v", password, !want)
		}
	}
	if n != 4 { // the odd line is a password as it stands
		t.Errorf("%d passwords", n)
	}
}

func TestTheSameLinesMakeTheSameList(t *testing.T) {
	t.Parallel()
	a, _ := build(t, breached.Builder{}, "one\ntwo\nthree\n")
	b, _ := build(t, breached.Builder{}, "three\none\ntwo\none\n")
	if !bytes.Equal(file(t, a), file(t, b)) {
		t.Error("they differ")
	}
}

func TestListsThatAreNone(t *testing.T) {
	t.Parallel()
	if _, _, err := new(breached.Builder).Build(); err == nil {
		t.Error("an empty list was made")
	}
	if err := new(breached.Builder).Read(strings.NewReader("a\n" + strings.Repeat("x", 5000))); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a line that never ends: %v", err)
	}
	list, _ := build(t, breached.Builder{}, "one\ntwo\nthree\n")
	good := file(t, list)
	for name, bad := range map[string][]byte{
		"nothing": nil, "text": []byte("password\n123456\n"), "a cut file": good[:len(good)-1], "more": append(bytes.Clone(good), 0),
		"its head alone": good[:35],
	} {
		if _, err := breached.Parse(bad); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	list, _ := build(f, breached.Builder{}, "one\ntwo\nthree\n")
	f.Add(file(f, list))
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, err := breached.Parse(b); err == nil {
			l.Has("one") // reads within its bounds, whatever it finds
		}
	})
}
