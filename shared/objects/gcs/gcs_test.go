package gcs_test

import (
	"errors"
	"strings"
	"testing"

	"paceline/shared/objects"
	"paceline/shared/objects/objectstest"
)

func TestPrefixOfTheURL(t *testing.T) {
	t.Parallel()
	server := objectstest.GCS(t)
	whole := opened(t, server.URL)
	part := opened(t, strings.Replace(server.URL, "?", "/functions/upload/?", 1))
	if _, err := part.Put(t.Context(), "raw/k", strings.NewReader("x"), objects.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := whole.Head(t.Context(), "functions/upload/raw/k"); err != nil {
		t.Error(err)
	}
	if entries, err := part.List(t.Context(), "raw/", "", 0); err != nil || len(entries) != 1 || entries[0].Key != "raw/k" {
		t.Errorf("list: %v, %v", entries, err)
	}
}

// GCS answers 404 for both, and does not say in a way to rely on which it is;
// what writes and lists can tell.
func TestAMissingBucketIsNotAnEmptyOne(t *testing.T) {
	t.Parallel()
	server := objectstest.GCS(t)
	s := opened(t, strings.Replace(server.URL, "gs://paceline-test", "gs://another", 1))
	if _, err := s.Put(t.Context(), "k", strings.NewReader("x"), objects.Options{}); !errors.Is(err, objects.ErrUnavailable) {
		t.Errorf("put: %v", err)
	}
	if _, err := s.List(t.Context(), "", "", 0); !errors.Is(err, objects.ErrUnavailable) {
		t.Errorf("list: %v", err)
	}
}
