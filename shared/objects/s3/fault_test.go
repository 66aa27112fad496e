package s3

import (
	"testing"
	"time"

	"paceline/shared/objects"
	"paceline/shared/objects/objectstest"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	objectstest.FaultSuite(t, objectstest.S3, func(t testing.TB, server objectstest.Server, patience time.Duration) objects.Store {
		s, err := objects.Open(server.URL, WithKeys(server.AccessKey, server.SecretKey))
		if err != nil {
			t.Fatal(err)
		}
		s.(*store).patience = patience
		return s
	})
}
