package s3_test

import (
	"errors"
	"strings"
	"testing"

	"paceline/shared/objects"
	"paceline/shared/objects/objectstest"
)

func TestPrefixOfTheURL(t *testing.T) {
	t.Parallel()
	server := objectstest.S3(t)
	whole := opened(t, server.URL, server)
	part := opened(t, strings.Replace(server.URL, "?", "/functions/upload/?", 1), server)
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

func TestMisconfigurationIsNotAMissingObject(t *testing.T) {
	t.Parallel()
	server := objectstest.S3(t)
	stranger := server
	stranger.SecretKey = "wrong"
	for name, s := range map[string]objects.Store{
		"a wrong secret": opened(t, server.URL, stranger),
		"no such bucket": opened(t, strings.Replace(server.URL, "s3://paceline-test", "s3://another", 1), server),
	} {
		if _, _, err := s.Get(t.Context(), "k", objects.Range{}); !errors.Is(err, objects.ErrUnavailable) {
			t.Errorf("%s: get: %v", name, err)
		}
		if _, err := s.Put(t.Context(), "k", strings.NewReader("x"), objects.Options{}); !errors.Is(err, objects.ErrUnavailable) {
			t.Errorf("%s: put: %v", name, err)
		}
		if _, err := s.List(t.Context(), "", "", 0); !errors.Is(err, objects.ErrUnavailable) {
			t.Errorf("%s: list: %v", name, err)
		}
	}
}
