package paceline

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"paceline/shared/tlstest"
)

// TestACertificateIsReplacedWhileItIsServed puts another authority's
// certificate into the files: who comes then sees it, and files that are half
// written are passed over.
func TestACertificateIsReplacedWhileItIsServed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	now := time.Now()
	put := func(certPEM, keyPEM []byte, age time.Duration) {
		t.Helper()
		for file, content := range map[string][]byte{cert: certPEM, key: keyPEM} {
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(file, now.Add(-age), now.Add(-age)); err != nil { // clocks of files are coarse
				t.Fatal(err)
			}
		}
	}
	issue := func() (certPEM, keyPEM []byte) {
		t.Helper()
		authority, err := tlstest.NewAuthority()
		if err != nil {
			t.Fatal(err)
		}
		if certPEM, keyPEM, err = authority.Issue(net.ParseIP("127.0.0.1")); err != nil {
			t.Fatal(err)
		}
		return certPEM, keyPEM
	}
	first, firstKey := issue()
	put(first, firstKey, time.Hour)
	clock := now
	c, err := openCertificate(cert, key, func() time.Time { return clock })
	if err != nil {
		t.Fatal(err)
	}
	shown := func() string {
		t.Helper()
		pair, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(pair.Certificate[0])
	}
	before := shown()
	second, secondKey := issue()
	put(second, secondKey, 30*time.Minute)
	if shown() != before {
		t.Error("it was read again at once")
	}
	clock = clock.Add(certificateMaxAge)
	after := shown()
	if after == before {
		t.Error("the new one is not shown")
	}
	put(first, secondKey, 20*time.Minute)
	clock = clock.Add(certificateMaxAge)
	if shown() != after {
		t.Error("a pair that is none is shown")
	}
	put([]byte("half"), secondKey, 10*time.Minute)
	clock = clock.Add(certificateMaxAge)
	if shown() != after {
		t.Error("half a file is shown")
	}
	if _, err := openCertificate(cert, key, time.Now); err == nil {
		t.Error("half a file is good enough to start with")
	}
}

// TestWithTLSNothingElseIsSpoken starts the listener as Run does.
func TestWithTLSNothingElseIsSpoken(t *testing.T) {
	t.Parallel()
	files := tlstest.New(t, "127.0.0.1")
	l, err := listen(t.Context(), map[string]string{"PORT": "0", "TLS_CERT": files.Cert, "TLS_KEY": files.Key}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }), ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(l) }() // it ends with the test
	t.Cleanup(func() { _ = server.Shutdown(context.Background()) })
	pem, err := os.ReadFile(files.CA)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	ask := func(scheme string, c *tls.Config) (int, error) {
		client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: c}}
		resp, err := client.Get(scheme + "://" + l.Addr().String())
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	if status, err := ask("https", &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}); status != http.StatusNoContent {
		t.Errorf("TLS 1.2 and above: %d %v", status, err)
	}
	if status, err := ask("https", &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Errorf("TLS 1.1: %d", status)
	}
	if status, _ := ask("http", nil); status == http.StatusNoContent {
		t.Error("plain HTTP is answered")
	}
}
