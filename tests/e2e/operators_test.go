//go:build e2e

package e2e

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"paceline/events"
)

// address is the gateway's for a command that sends no Host of its own choice.
func (s *suite) address(t testing.TB) string {
	t.Helper()
	to, err := url.Parse(s.ingress)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = s.host
	}})
	t.Cleanup(server.Close)
	return server.URL
}

// shell is a block of commands of the runbook.
var shell = regexp.MustCompile("(?s)```sh\n(.*?)```")

// runbook runs every command line of docs/runbook.md as it stands.
func (s *suite) runbook(t testing.TB) {
	text, err := os.ReadFile(filepath.Join(s.root, "docs", "runbook.md"))
	if err != nil {
		t.Fatal(err)
	}
	root, eva := s.join(t, "Root"), s.join(t, "Eva")
	files := t.TempDir() // what the lines read and write is here
	if err := os.WriteFile(filepath.Join(files, "pwned-passwords-sha1.txt"), []byte("F7C3BC1D808E04732ADF679965CCC34CA7AE3441:120\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := "cd " + files + "\nexport PACELINE_URL=" + s.address(t) + " WHO=" + eva.email + "\n"
	lines := 0
	for _, block := range shell.FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			root.signIn(t)
			out, err := s.run(t, "set -euo pipefail\n"+env+"export PACELINE_TOKEN="+root.token+"\n"+line, "bash")
			if lines++; err != nil {
				t.Errorf("%s%s\n%v", line, out, err)
			}
		}
	}
	t.Logf("%d command lines", lines)
	if lines < 20 {
		t.Error("too few: the test does not find the runbook's commands")
	}
	s.allReady(t, "ksvc", "trigger")
}

// lists prints what an operator sees, and looks for what has to be in it.
func (s *suite) lists(t testing.TB) {
	services := s.must(t, "kn", "service", "list", "-n", namespace)
	triggers := s.must(t, "kn", "trigger", "list", "-n", namespace)
	types := s.must(t, "kn", "eventtype", "list", "-n", namespace)
	t.Logf("\n%s\n%s\n%s", services, triggers, types)
	for _, p := range events.All() {
		if !strings.Contains(types, p.EventType()) {
			t.Errorf("no EventType of %s", p.EventType())
		}
	}
	out, err := s.run(t, "", "kn", "paceline", "doctor")
	if err != nil {
		t.Errorf("doctor finds something on a cluster that is well: %s\n%v", out, err)
	}
}
