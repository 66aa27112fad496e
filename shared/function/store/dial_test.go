package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"paceline/shared/function/redistest"
	"paceline/shared/function/store"
	"paceline/shared/tlstest"
)

// reach connects and keeps a value.
func reach(t *testing.T, address string, files store.TLS) error {
	t.Helper()
	c, err := store.Dial(address, files)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.Set(t.Context(), "dial:{0001}:thing", "1", 0).Err()
}

func TestAServerWithTLSIsReachedByWhoTrustsIt(t *testing.T) {
	t.Parallel()
	server, stranger := tlstest.New(t, "127.0.0.1"), tlstest.New(t, "127.0.0.1")
	open := redistest.TLSAddress(t, server)
	closed := redistest.TLSAddress(t, server, "--tls-auth-clients", "yes")
	elsewhere := redistest.TLSAddress(t, tlstest.New(t, "127.0.0.9"))
	trusts := store.TLS{CAFile: server.CA}
	both := store.TLS{CAFile: server.CA, CertFile: server.Cert, KeyFile: server.Key}
	for name, c := range map[string]struct {
		address string
		files   store.TLS
		want    string // what the error says; none when it is to work
	}{
		"the authority is known":               {"rediss://" + open, trusts, ""},
		"it is not":                            {"rediss://" + open, store.TLS{}, "certificate"},
		"another vouches":                      {"rediss://" + open, store.TLS{CAFile: stranger.CA}, "certificate"},
		"the certificate is of another server": {"rediss://" + elsewhere, trusts, "certificate"},
		"in clear":                             {"redis://" + open, store.TLS{}, "EOF|reset|deadline|closed"},
		"with an own certificate":              {"rediss://" + closed, both, ""},
		"without one where it is asked for":    {"rediss://" + closed, trusts, "certificate|EOF|reset|closed"},
		"with a stranger's":                    {"rediss://" + closed, store.TLS{CAFile: server.CA, CertFile: stranger.Cert, KeyFile: stranger.Key}, "certificate|authority|EOF|reset|closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := reach(t, c.address, c.files)
			if (err == nil) != (c.want == "") {
				t.Fatalf("%v, want %q", err, c.want)
			}
			for says := range strings.SplitSeq(c.want, "|") {
				if err == nil || strings.Contains(err.Error(), says) {
					return
				}
			}
			t.Errorf("%v, want %q", err, c.want)
		})
	}
}

func TestFilesOfTLSAreHeldToTheAddress(t *testing.T) {
	t.Parallel()
	good := tlstest.New(t, "127.0.0.1")
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		address string
		files   store.TLS
		want    string
	}{
		"an address without TLS":     {"redis://127.0.0.1:1", store.TLS{CAFile: good.CA}, "an address without"},
		"a socket":                   {"unix:///tmp/none", store.TLS{CAFile: good.CA}, "an address without"},
		"a cluster without TLS":      {"redis-cluster://127.0.0.1:1", store.TLS{CAFile: good.CA}, "an address without"},
		"a certificate without key":  {"rediss://127.0.0.1:1", store.TLS{CertFile: good.Cert}, "belong together"},
		"a key without certificate":  {"rediss-cluster://127.0.0.1:1", store.TLS{KeyFile: good.Key}, "belong together"},
		"authorities that are not":   {"rediss://127.0.0.1:1", store.TLS{CAFile: text}, "holds no certificate"},
		"a file that is not there":   {"rediss://127.0.0.1:1", store.TLS{CAFile: text + "x"}, "no such file"},
		"a certificate that is none": {"rediss://127.0.0.1:1", store.TLS{CertFile: text, KeyFile: good.Key}, "certificate"},
		"a cluster with all":         {"rediss-cluster://127.0.0.1:1", store.TLS{CAFile: good.CA, CertFile: good.Cert, KeyFile: good.Key}, ""},
	} {
		client, err := store.Dial(c.address, c.files)
		if err == nil {
			_ = client.Close()
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
