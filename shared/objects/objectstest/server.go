package objectstest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"paceline/shared/tlstest"
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
	return startS3(t, "http")
}

// S3WithTLS is S3 over nothing but TLS, with the certificate of files.
func S3WithTLS(t testing.TB, files tlstest.Files) Server {
	t.Helper()
	s := startS3(t, "https", "--cert", files.Cert, "--key", files.Key)
	s.URL += "&ca_file=" + files.CA
	return s
}

func startS3(t testing.TB, scheme string, args ...string) Server {
	t.Helper()
	binary := versitygw.binary(t)
	data := t.TempDir()
	if err := os.Mkdir(filepath.Join(data, bucket), 0o755); err != nil {
		t.Fatal(err)
	}
	s := Server{AccessKey: rand.Text(), SecretKey: rand.Text()}
	s.Endpoint = serve(t, binary, scheme, "/healthz", func(port string) []string {
		return slices.Concat([]string{
			"--access", s.AccessKey, "--secret", s.SecretKey, "--region", "us-east-1", "--iam-dir", t.TempDir(),
			"--port", "127.0.0.1:" + port, "--health", "/healthz", "--quiet",
		}, args, []string{
			// Metadata in extended attributes is replaced together with the content; --sidecar mixes the two.
			"posix", data,
		})
	})
	s.URL = "s3://" + bucket + "?endpoint=" + s.Endpoint + "&region=us-east-1"
	return s
}

// Account makes an account of the server, which may do what the bucket's policy
// says and nothing else.
func (s Server) Account(t testing.TB, name string) Server {
	t.Helper()
	other := s
	other.AccessKey, other.SecretKey = name, rand.Text()
	cmd := exec.Command(versitygw.binary(t), "admin", "--access", s.AccessKey, "--secret", s.SecretKey, "--endpoint-url", s.Endpoint, "--allow-insecure",
		"create-user", "--access", name, "--secret", other.SecretKey, "--role", "user")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make the account %s: %v\n%s", name, err, out)
	}
	return other
}

// SetPolicy holds a bucket to a policy, as its owner.
func (s Server) SetPolicy(t testing.TB, bucket, policy string) {
	t.Helper()
	client := awss3.New(awss3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(s.Endpoint), UsePathStyle: true, HTTPClient: anyServer,
		Credentials: credentials.NewStaticCredentialsProvider(s.AccessKey, s.SecretKey, ""),
	})
	var tight bytes.Buffer // the server keeps it in an attribute of a file, which has room for 4 KiB
	if err := json.Compact(&tight, []byte(policy)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutBucketPolicy(t.Context(), &awss3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: aws.String(tight.String())}); err != nil {
		t.Fatal(err)
	}
}

// GCS starts fake-gcs-server, a server that speaks GCS's JSON API over memory
// and asks nobody who they are, and ends it with the test.
func GCS(t testing.TB) Server {
	t.Helper()
	return startGCS(t, "http")
}

// GCSWithTLS is GCS over nothing but TLS, with the certificate of files.
func GCSWithTLS(t testing.TB, files tlstest.Files) Server {
	t.Helper()
	s := startGCS(t, "https", "-cert-location", files.Cert, "-private-key-location", files.Key)
	s.URL += "&ca_file=" + files.CA
	return s
}

func startGCS(t testing.TB, scheme string, args ...string) Server {
	t.Helper()
	binary := fakeGCS.binary(t)
	s := Server{Endpoint: serve(t, binary, scheme, "/_internal/healthcheck", func(port string) []string {
		return append([]string{"-scheme", scheme, "-host", "127.0.0.1", "-public-host", "127.0.0.1:" + port, "-port", port, "-backend", "memory", "-data", "", "-log-level", "error"}, args...)
	})}
	resp, err := anyServer.Post(s.Endpoint+"/storage/v1/b?project=test", "application/json", strings.NewReader(`{"name":"`+bucket+`"}`))
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
