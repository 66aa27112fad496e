//go:build e2e

package e2e

import (
	"cmp"
	"strings"
	"testing"
)

// faulty is a second namespace, whose functions cannot start.
const faulty = "paceline-e2e-faulty"

// faults deploys feed with one fault after the other: its condition names the
// variable, the address or the object, and so does the doctor.
func (s *suite) faults(t testing.TB) {
	resolved := s.must(t, "kubectl", "get", "ksvc", "feed", "-n", namespace, "-o", "jsonpath={.spec.template.spec.containers[0].image}")
	manifest := s.must(t, "kubectl", "kustomize", "clusters/local")
	s.must(t, "kubectl", "create", "namespace", faulty)
	t.Cleanup(func() { _, _ = s.run(t, "", "kubectl", "delete", "namespace", faulty, "--wait=false") })
	for _, c := range []struct {
		name, image, redis string
		want               string // in the condition
		diagnosis          string // of the doctor
	}{
		{"a secret that is missing", resolved, "", "REDIS_URL", "paceline-redis"},
		{"a Redis that is away", resolved, "rediss://" + s.node + ":6390", s.node + ":6390", "REDIS_URL"},
		{"an image that is none", strings.Split(resolved, "@")[0] + ":none", "rediss://" + s.node + ":" + redisPort, "none", "image"},
	} {
		s.copySecrets(t, c.redis)
		if c.redis == "" {
			s.must(t, "kubectl", "-n", faulty, "delete", "secret", "paceline-redis")
		}
		feed := strings.NewReplacer("namespace: "+namespace, "namespace: "+faulty, "image: ko://paceline/functions/cmd/feed", "image: "+c.image,
			"autoscaling.knative.dev/max-scale:", "serving.knative.dev/progress-deadline: 60s\n        autoscaling.knative.dev/max-scale:").Replace(document(t, manifest, "feed"))
		if _, err := s.run(t, feed, "kubectl", "apply", "-f", "-"); err != nil {
			t.Fatal(err)
		}
		var said condition
		s.soon(t, "a condition that says "+c.want+" for "+c.name, func() bool {
			for _, o := range s.objects(t, faulty, "ksvc", "revision") {
				if r := o.ready(); r.Status == "False" && strings.Contains(r.Message, c.want) {
					said = r
					return true
				}
			}
			return false
		})
		t.Logf("%s: %s: %s", c.name, said.Reason, said.Message)
		out, err := s.run(t, "", "kn", "paceline", "doctor", "-n", faulty)
		if err == nil || !strings.Contains(out, c.diagnosis) {
			t.Errorf("%s: the doctor says (%v):\n%s", c.name, err, out)
		}
		s.must(t, "kubectl", "delete", "ksvc", "feed", "-n", faulty, "--wait=true")
	}
}

// document is the Service of a function in rendered YAML, with its account.
func document(t testing.TB, manifest, function string) string {
	t.Helper()
	var out []string
	for doc := range strings.SplitSeq(manifest, "\n---\n") {
		if strings.Contains(doc, "\n  name: "+function+"\n") && (strings.Contains(doc, "kind: ServiceAccount\n") || strings.Contains(doc, "serving.knative.dev/v1\nkind: Service\n")) {
			out = append(out, doc)
		}
	}
	if len(out) != 2 {
		t.Fatalf("%d documents of %s, want its account and its Service", len(out), function)
	}
	return strings.Join(out, "\n---\n")
}

// copySecrets gives the second namespace what feed wants, with another Redis.
func (s *suite) copySecrets(t testing.TB, redis string) {
	t.Helper()
	rendered := s.must(t, "kubectl", "kustomize", "clusters/local")
	command := append([]string{"kn", "paceline", "secrets", "-n", faulty, "-f", "-", "--redis-url", cmp.Or(redis, "rediss://x"),
		"--objects-url", "s3://x", "--mail-url", "smtp://x", "--public-url", "https://x.example", "--mail-from", "x@example.com",
	}, s.storeValues(t)...)
	_, err := s.run(t, rendered, command...)
	if err != nil {
		t.Fatal(err)
	}
}
