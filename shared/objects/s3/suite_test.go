package s3_test

import (
	"testing"

	"paceline/shared/objects"
	"paceline/shared/objects/objectstest"
	"paceline/shared/objects/s3"
)

func open(t testing.TB) objects.Store {
	t.Helper()
	server := objectstest.S3(t)
	return opened(t, server.URL, server)
}

func opened(t testing.TB, url string, server objectstest.Server) objects.Store {
	t.Helper()
	s, err := objects.Open(url, s3.WithKeys(server.AccessKey, server.SecretKey))
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
