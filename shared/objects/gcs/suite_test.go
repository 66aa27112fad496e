package gcs_test

import (
	"testing"

	"paceline/shared/objects"
	"paceline/shared/objects/gcs"
	"paceline/shared/objects/objectstest"
)

func open(t testing.TB) objects.Store {
	t.Helper()
	return opened(t, objectstest.GCS(t).URL)
}

func opened(t testing.TB, url string) objects.Store {
	t.Helper()
	s, err := objects.Open(url, gcs.Driver)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSuite(t *testing.T) {
	t.Parallel()
	objectstest.Suite(t, open)
}
