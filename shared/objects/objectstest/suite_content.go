package objectstest

import (
	"bytes"
	"crypto/sha256"
	"io"
	"testing"

	"paceline/shared/objects"
)

func roundTrip(t *testing.T, s objects.Store) {
	content := []byte("the content")
	info, err := s.Put(t.Context(), "raw/u1/w1", bytes.NewReader(content), objects.Options{
		ContentType: "application/gpx+xml; charset=utf-8", SHA256: sha256.Sum256(content),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := objects.Info{Key: "raw/u1/w1", Size: 11, ContentType: "application/gpx+xml; charset=utf-8", SHA256: sha256.Sum256(content)}
	if info != want {
		t.Errorf("put says %+v, want %+v", info, want)
	}
	holds(t, s, "raw/u1/w1", content)
	if head, err := s.Head(t.Context(), "raw/u1/w1"); err != nil || head.ContentType != want.ContentType {
		t.Errorf("head says %q, %v; want %q", head.ContentType, err, want.ContentType)
	}
	for _, bad := range []string{"", "not a type", "text/plain\r\nx: y"} {
		if info, err := s.Put(t.Context(), "raw/u1/w2", bytes.NewReader(content), objects.Options{ContentType: bad}); err != nil || info.ContentType != objects.DefaultContentType {
			t.Errorf("content type %q became %q, %v", bad, info.ContentType, err)
		}
		if head, err := s.Head(t.Context(), "raw/u1/w2"); err != nil || head.ContentType != objects.DefaultContentType {
			t.Errorf("content type %q was kept as %q, %v", bad, head.ContentType, err)
		}
	}
}

func emptyObject(t *testing.T, s objects.Store) {
	put(t, s, "empty", nil)
	holds(t, s, "empty", nil)
	if entries, err := s.List(t.Context(), "", "", 0); err != nil || keys(entries) != "empty" {
		t.Errorf("list: %v, %v", entries, err)
	}
}

func largeObject(t *testing.T, s objects.Store) {
	content := random(1, 8<<20)
	put(t, s, "large", content)
	holds(t, s, "large", content)
	larger := random(2, 9<<20+1) // beyond what adapters send or keep in one piece
	if _, err := s.Put(t.Context(), "larger", stream{bytes.NewReader(larger)}, objects.Options{IfAbsent: true}); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "larger", larger)
}

func replacing(t *testing.T, s objects.Store) {
	put(t, s, "k", []byte("first, and longer"))
	old, _, err := s.Get(t.Context(), "k", objects.Range{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "k", []byte("second"))
	holds(t, s, "k", []byte("second"))
	if b, err := io.ReadAll(old); err == nil && string(b) != "first, and longer" {
		t.Errorf("an open reader saw %q", b)
	}
	if err := old.Close(); err != nil {
		t.Error(err)
	}
}

func streaming(t *testing.T, s objects.Store) {
	content := random(3, 100_000)
	if _, err := s.Put(t.Context(), "k", stream{bytes.NewReader(content)}, objects.Options{SHA256: sha256.Sum256(content)}); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "k", content)
}

func fromTheMiddle(t *testing.T, s objects.Store) {
	body := bytes.NewReader([]byte("head,content"))
	if _, err := body.Seek(5, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), "k", body, objects.Options{}); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "k", []byte("content"))
}

func ranges(t *testing.T, s objects.Store) {
	put(t, s, "k", []byte("0123456789"))
	for _, test := range []struct {
		r    objects.Range
		want string
	}{
		{objects.Range{}, "0123456789"},
		{objects.Range{Offset: 0, Length: 1}, "0"},
		{objects.Range{Offset: 3, Length: 4}, "3456"},
		{objects.Range{Offset: 9, Length: 1}, "9"},
		{objects.Range{Offset: 7}, "789"},
		{objects.Range{Offset: 7, Length: 100}, "789"},
		{objects.Range{Offset: 0, Length: 10}, "0123456789"},
	} {
		body, info, err := s.Get(t.Context(), "k", test.r)
		if err != nil {
			t.Fatalf("%+v: %v", test.r, err)
		}
		if b, err := io.ReadAll(body); err != nil || string(b) != test.want {
			t.Errorf("%+v: %q, %v; want %q", test.r, b, err, test.want)
		}
		if info.Size != 10 || info.SHA256 != sha256.Sum256([]byte("0123456789")) {
			t.Errorf("%+v: the description is of the part: %+v", test.r, info)
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
	}
}

func badRanges(t *testing.T, s objects.Store) {
	put(t, s, "k", []byte("0123456789"))
	put(t, s, "empty", nil)
	for _, r := range []objects.Range{{Offset: 10}, {Offset: 11, Length: 5}, {Offset: -1}, {Offset: 1, Length: -1}} {
		_, _, err := s.Get(t.Context(), "k", r)
		fails(t, err, objects.ErrRange)
	}
	_, _, err := s.Get(t.Context(), "empty", objects.Range{Length: 1})
	fails(t, err, objects.ErrRange)
}
