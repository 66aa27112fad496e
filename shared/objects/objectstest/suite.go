package objectstest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"paceline/shared/objects"
)

// Suite proves that the stores of open keep the promises of package objects.
// open is called once for each test; its store must be empty and no other
// test's.
func Suite(t *testing.T, open func(testing.TB) objects.Store) {
	tests := []struct {
		name string
		run  func(*testing.T, objects.Store)
	}{
		{"what was put comes back with its description", roundTrip},
		{"an empty object is an object", emptyObject},
		{"a large object comes back whole", largeObject},
		{"a put replaces what was there", replacing},
		{"a stream that cannot seek is put", streaming},
		{"a body is put from where it stands", fromTheMiddle},
		{"a range is that part of the object", ranges},
		{"a range outside the object is refused", badRanges},
		{"deleting twice is no error", deleting},
		{"a missing object is not found", missing},
		{"a bad key is refused by every method", badKeys},
		{"keys in any script come back as they were", unicodeKeys},
		{"the longest keys work", longKeys},
		{"a list is in the order of keys, in pages, by prefix", listing},
		{"a list of more than one page misses nothing", listingAll},
		{"one of twenty concurrent creators wins", ifAbsentRace},
		{"create-if-absent leaves the first object alone", ifAbsentKeeps},
		{"a deleted key can be created again", ifAbsentAfterDelete},
		{"concurrent replacing never mixes contents", replacingRace},
		{"a body that fails leaves nothing", failingBody},
		{"content with another hash is refused", hashMismatch},
		{"a cancelled context ends every method", cancelled},
		{"a key that is a folder of others is refused or kept apart", folderKeys},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, open(t))
		})
	}
}

// random is n bytes that no compression shrinks, always the same for a seed.
func random(seed uint64, n int) []byte {
	var key [32]byte
	key[0] = byte(seed)
	b := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(b) // it never fails
	return b
}

func put(t *testing.T, s objects.Store, key string, content []byte) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, bytes.NewReader(content), objects.Options{}); err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
}

// holds checks that key has content, by Head and by Get.
func holds(t *testing.T, s objects.Store, key string, content []byte) {
	t.Helper()
	info, err := s.Head(t.Context(), key)
	if err != nil {
		t.Fatalf("head %q: %v", key, err)
	}
	if info.Key != key || info.Size != int64(len(content)) || info.SHA256 != sha256.Sum256(content) || info.ModifiedAt.IsZero() {
		t.Errorf("head %q describes another object: %+v", key, info)
	}
	got, read, err := objects.ReadAll(t.Context(), s, key, objects.MaxSize)
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	if !bytes.Equal(got, content) {
		t.Errorf("get %q: %d bytes that differ from the %d put", key, len(got), len(content))
	}
	if read.SHA256 != info.SHA256 || read.Size != info.Size || read.ContentType != info.ContentType || read.Key != key {
		t.Errorf("get and head differ on %q: %+v, %+v", key, read, info)
	}
}

// absent checks that key has no object, by Head, Get and List.
func absent(t *testing.T, s objects.Store, key string) {
	t.Helper()
	_, err := s.Head(t.Context(), key)
	fails(t, err, objects.ErrNotFound)
	_, _, err = s.Get(t.Context(), key, objects.Range{})
	fails(t, err, objects.ErrNotFound)
	entries, err := s.List(t.Context(), key, "", 0)
	if err != nil || len(entries) > 0 {
		t.Errorf("list of %q: %v, %v; want nothing", key, entries, err)
	}
}

// fails checks the kind of err and that a caller can see its status.
func fails(t *testing.T, err error, want *objects.Fault) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %q", err, want)
	}
	var status interface{ HTTPStatus() int }
	if !errors.As(err, &status) || status.HTTPStatus() != want.HTTPStatus() || want.HTTPStatus() < http.StatusBadRequest {
		t.Errorf("the status of %v cannot be seen", err)
	}
}

func keys(entries []objects.Entry) string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Key)
	}
	return strings.Join(all, " ")
}

// stream hides everything of a reader but Read.
type stream struct{ io.Reader }

// cancelledContext is a context that is over.
func cancelledContext(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
