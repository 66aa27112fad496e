package objectstest

import (
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Server is where a started server is and how to reach it.
type Server struct {
	URL       string // an OBJECTS_URL without a prefix, of an empty bucket
	Endpoint  string // http://127.0.0.1:port
	AccessKey string // S3 only
	SecretKey string // S3 only
}

// Env is what a process of its own needs to reach the server.
func (s Server) Env() []string {
	env := []string{"OBJECTS_URL=" + s.URL}
	if s.AccessKey != "" {
		env = append(env, "AWS_ACCESS_KEY_ID="+s.AccessKey, "AWS_SECRET_ACCESS_KEY="+s.SecretKey)
	}
	return env
}

const bucket = "paceline-test"

// S3 starts versitygw, a server that speaks S3 over plain files and verifies
// signatures, and ends it with the test. The folder of the test must be able to
// hold extended attributes; TMPDIR chooses another.
func S3(t testing.TB) Server {
	t.Helper()
	binary := versitygw.binary(t)
	data := t.TempDir()
	if err := os.Mkdir(filepath.Join(data, bucket), 0o755); err != nil {
		t.Fatal(err)
	}
	s := Server{AccessKey: rand.Text(), SecretKey: rand.Text()}
	s.Endpoint = "http://" + serve(t, binary, "/healthz", func(port string) []string {
		return []string{
			"--access", s.AccessKey, "--secret", s.SecretKey, "--region", "us-east-1",
			"--port", "127.0.0.1:" + port, "--health", "/healthz", "--quiet",
			// Metadata in extended attributes is replaced together with the content; --sidecar mixes the two.
			"posix", data,
		}
	})
	s.URL = "s3://" + bucket + "?endpoint=" + s.Endpoint + "&region=us-east-1"
	return s
}

// GCS starts fake-gcs-server, a server that speaks GCS's JSON API over memory
// and asks nobody who they are, and ends it with the test.
func GCS(t testing.TB) Server {
	t.Helper()
	binary := fakeGCS.binary(t)
	s := Server{Endpoint: "http://" + serve(t, binary, "/_internal/healthcheck", func(port string) []string {
		return []string{"-scheme", "http", "-host", "127.0.0.1", "-port", port, "-backend", "memory", "-data", "", "-log-level", "error"}
	})}
	resp, err := http.Post(s.Endpoint+"/storage/v1/b?project=test", "application/json", strings.NewReader(`{"name":"`+bucket+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // the status says it all
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("make the bucket: %s", resp.Status)
	}
	s.URL = "gs://" + bucket + "?endpoint=" + s.Endpoint
	return s
}
