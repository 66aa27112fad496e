package gcs_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"paceline/shared/objects"
	"paceline/shared/objects/objectstest"
	"paceline/shared/tlstest"
)

// aServiceAccount is a file with the key of an account that signs by itself.
func aServiceAccount(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "upload@test.example", "private_key_id": "1", "token_uri": "http://127.0.0.1:1",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	path := filepath.Join(t.TempDir(), "account.json")
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A link puts an object to its place, without any other credentials, and is signed
// for its size and a time. Whether a signature holds is Google's to say: the
// server of this test takes every one.
func TestLink(t *testing.T) { // not parallel: the SDK takes credentials from the environment
	files := tlstest.New(t, "127.0.0.1")
	server := objectstest.GCSWithTLS(t, files)
	reader := opened(t, server.URL)
	if _, err := reader.Head(t.Context(), "import/k"); !errors.Is(err, objects.ErrNotFound) { // from here on it has no credentials
		t.Fatal(err)
	}
	if _, err := reader.Link(t.Context(), "import/k", 3, time.Minute); !errors.Is(err, objects.ErrUnavailable) {
		t.Errorf("nobody signs: %v", err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", aServiceAccount(t))
	signer := opened(t, server.URL)
	link, err := signer.Link(t.Context(), "import/k", 3, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if seconds, err := strconv.Atoi(q.Get("X-Goog-Expires")); err != nil || seconds < 1 || seconds > 60 {
		t.Errorf("it holds for %q seconds", q.Get("X-Goog-Expires"))
	}
	if u.Scheme != "https" || !strings.HasPrefix(server.Endpoint, "https://"+u.Host) || u.Path != "/paceline-test/import/k" ||
		q.Get("X-Goog-SignedHeaders") != "host;x-goog-content-length-range" || len(q.Get("X-Goog-Signature")) != 512 {
		t.Errorf("link %+v", link)
	}
	if link.Header["X-Goog-Content-Length-Range"] != "3,3" {
		t.Errorf("it holds for another size: %v", link.Header)
	}
	if status := followed(t, link, files, "abc"); status != http.StatusOK {
		t.Fatalf("put: %d", status)
	}
	if b, _, err := objects.ReadAll(t.Context(), reader, "import/k", 10); err != nil || string(b) != "abc" {
		t.Errorf("%q %v", b, err)
	}
	if _, err := signer.Link(t.Context(), "../k", 3, time.Minute); !errors.Is(err, objects.ErrInvalidKey) {
		t.Errorf("a bad key: %v", err)
	}
}

// followed sends a body with a link.
func followed(t *testing.T, link objects.Link, files tlstest.Files, body string) int {
	t.Helper()
	authorities := x509.NewCertPool()
	authority, err := os.ReadFile(files.CA)
	if err != nil || !authorities.AppendCertsFromPEM(authority) {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), link.Method, link.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range link.Header {
		req.Header.Set(name, value)
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // the status says it all
	return resp.StatusCode
}
