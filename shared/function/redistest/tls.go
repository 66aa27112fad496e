package redistest

import (
	"net"
	"testing"

	"paceline/shared/tlstest"
)

// TLSAddress is host:port of a redis-server that speaks nothing but TLS there,
// with the certificate of files, and asks clients for one when args say so. The
// test is skipped where no redis-server is installed.
func TLSAddress(t testing.TB, files tlstest.Files, args ...string) string {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	ServerURL(t, append([]string{
		"--bind", "127.0.0.1", "--tls-port", port, "--tls-ca-cert-file", files.CA, "--tls-cert-file", files.Cert, "--tls-key-file", files.Key, "--tls-auth-clients", "no",
	}, args...)...)
	return net.JoinHostPort("127.0.0.1", port)
}
