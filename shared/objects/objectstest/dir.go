package objectstest

import (
	"testing"

	"paceline/shared/objects"
	"paceline/shared/objects/dir"
)

// Dir is an empty store in a folder that goes with the test.
func Dir(t testing.TB) objects.Store {
	t.Helper()
	s, err := dir.Open(t.TempDir())
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
