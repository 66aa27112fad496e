//go:build e2e

package e2e

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"paceline/functions/upload/fit/fittest"
)

// unencrypted are the requests that Knative and Kubernetes send as they are,
// whatever is told: none is of ours, and none carries a token or a person.
var unencrypted = map[string]*regexp.Regexp{
	"the kubelet asks pods for their health":       regexp.MustCompile(`^kube-probe to port `),
	"the autoscaler reads how busy a pod is":       regexp.MustCompile(` to port 9090 /metrics$`),
	"the activator tells the autoscaler who waits": regexp.MustCompile(` to port 8080 /$`),
	"the activator asks pods for their health":     regexp.MustCompile(`^Knative-Activator-Probe to port 8012 /healthz$`),
	"the autoscaler asks whether a path is whole":  regexp.MustCompile(`^Knative-Autoscaling-Probe to port 8012 /+healthz$`),
	"the kubelet tells a pod to let go":            regexp.MustCompile(`^kube-lifecycle to port 8022 /wait-for-drain$`),
}

// open reads what passes between pods as long as nothing is encrypted, which
// shows that the reading works.
func (s *suite) open(t testing.TB) {
	wilma, secrets := s.tells(t, "Wilma")
	open := s.capture(t, secrets, func() { wilma.goesOn(t) })
	if len(open.tokens) == 0 || len(open.leaks) == 0 {
		t.Fatalf("of %d bytes without encryption nothing could be read: %d tokens, secrets %v", open.bytes, len(open.tokens), open.leaks)
	}
	t.Logf("without encryption: %d bytes, tokens on %d ways, of %d secrets %d read", open.bytes, len(open.tokens), len(secrets), len(open.leaks))
}

// deployEncrypted deploys anew where Knative encrypts. Telling it to under a
// platform that is there makes every subscription again, several times over.
func (s *suite) deployEncrypted(t testing.TB) {
	s.encrypt(s.whole)
	s.cluster = "local-tls"
	s.admin(t, "flushall") // what was sealed with keys that are gone
	s.deploy(t)
}

// closed reads what passes between pods when Knative encrypts: no token and
// nothing of a person.
func (s *suite) closed(t testing.TB) {
	xaver, secrets := s.tells(t, "Xaver")
	closed := s.capture(t, secrets, func() { xaver.goesOn(t) })
	if len(closed.tokens) > 0 {
		t.Errorf("tokens could be read: %v", closed.tokens)
	}
	for secret, ways := range closed.leaks {
		t.Errorf("%q could be read: %v", secret, ways)
	}
	if closed.bytes < 100_000 {
		t.Errorf("only %d bytes passed: this was not the main road", closed.bytes)
	}
	t.Logf("with encryption: %d bytes", closed.bytes)
	seen := map[string]int{}
	for _, kind := range slices.Sorted(maps.Keys(closed.plain)) {
		known := ""
		for what, is := range unencrypted {
			if is.MatchString(kind) {
				known = what
			}
		}
		if seen[known]++; known == "" {
			t.Errorf("could be read: %s: %s", kind, closed.plain[kind])
		}
	}
	for _, what := range slices.Sorted(maps.Keys(seen)) {
		t.Logf("%d kinds of requests as they are: %s", seen[what], what)
	}
}

// tells makes a person, and says what nobody on the way may read.
func (s *suite) tells(t testing.TB, name string) (p *person, secrets []string) {
	t.Helper()
	p = s.join(t, name)
	return p, []string{password, p.email, "secret of " + strings.ToLower(name), "run of " + strings.ToLower(name)}
}

// goesOn is a person on the main road: signing in, saying something, sending a file and reading what came of it.
func (p *person) goesOn(t testing.TB) {
	t.Helper()
	name, _, _ := strings.Cut(p.email, "@")
	p.signIn(t)
	p.want(t, 200, "PATCH", "/v1/me", map[string]any{"bio": "secret of " + name}, nil)
	upload, err := p.send("run of "+name+".fit", fittest.Run(monday, 1800))
	if err != nil {
		t.Fatal(err)
	}
	p.s.soon(t, "the figures", func() bool { return p.state(t, upload) == "ready" })
	p.s.soon(t, "the notification", func() bool { return len(p.text(t, "/v1/notifications")) > 100 })
	p.text(t, "/v1/feed")
	p.text(t, "/v1/me")
}
