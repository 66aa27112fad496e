package gcs

import (
	"testing"
	"time"

	"paceline/shared/objects"
	"paceline/shared/objects/objectstest"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	objectstest.FaultSuite(t, objectstest.GCS, func(t testing.TB, server objectstest.Server, patience time.Duration) objects.Store {
		s, err := objects.Open(server.URL, Driver)
		if err != nil {
			t.Fatal(err)
		}
		s.(*store).patience = patience
		return s
	})
}
