//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
)

// network tries every pair of a function and an address, from pods that have
// the function's labels, and from pods that have none.
func (s *suite) network(t testing.TB) {
	image := strings.TrimSpace(s.must(t, "ko", "build", "-B", "--sbom=none", "./tests/e2e/probe"))
	stats := net.JoinHostPort(s.podOf(t, "stats"), "8012")
	api := s.must(t, "kubectl", "get", "service", "kubernetes", "-o", "jsonpath={.spec.clusterIP}:443")
	targets := map[string]string{ // address → the label that opens it; none does for ""
		net.JoinHostPort(s.node, redisPort):                      "paceline.example/uses-redis",
		net.JoinHostPort(s.node, s3Port):                         "paceline.example/uses-objects",
		net.JoinHostPort(s.node, mailPort):                       "paceline.example/uses-mail",
		"feed.paceline.svc.cluster.local:80":                     "paceline.example/calls-functions",
		"broker-ingress.knative-eventing.svc.cluster.local:80":   "paceline.example/sends-events",
		"activator-service.knative-serving.svc.cluster.local:80": "paceline.example/calls-functions",
		stats: "",
		api:   "",
	}
	pods := map[string]map[string]string{"nobody": {}}
	for _, f := range s.objects(t, namespace, "ksvc") {
		labels := f.Spec.Template.Metadata.Labels
		labels["serving.knative.dev/service"] = f.Metadata.Name
		pods[f.Metadata.Name] = labels
	}
	for name, labels := range pods {
		s.startProbe(t, namespace, name, image, labels, targets)
	}
	s.must(t, "kubectl", "create", "namespace", "paceline-e2e-other")
	t.Cleanup(func() { _, _ = s.run(t, "", "kubectl", "delete", "namespace", "paceline-e2e-other", "--wait=false") })
	s.startProbe(t, "paceline-e2e-other", "stranger", image, nil, map[string]string{stats: ""})
	tried := 0
	for name, labels := range pods {
		for address, open := range s.probed(t, namespace, name) {
			want := targets[address] != "" && labels[targets[address]] == "true"
			if tried++; open != want {
				t.Errorf("%s to %s: open %v, want %v", name, address, open, want)
			}
		}
	}
	for address, open := range s.probed(t, "paceline-e2e-other", "stranger") {
		if tried++; open {
			t.Errorf("a stranger reaches %s", address)
		}
	}
	t.Logf("%d pairs tried", tried)
	if want := len(pods)*len(targets) + 1; tried != want {
		t.Errorf("%d pairs tried, want %d", tried, want)
	}
}

func (s *suite) startProbe(t testing.TB, in, name, image string, labels map[string]string, targets map[string]string) {
	t.Helper()
	var addresses []string
	for a := range targets {
		addresses = append(addresses, a)
	}
	security := map[string]any{
		"allowPrivilegeEscalation": false, "runAsNonRoot": true, "readOnlyRootFilesystem": true,
		"capabilities": map[string]any{"drop": []string{"ALL"}}, "seccompProfile": map[string]any{"type": "RuntimeDefault"},
	}
	pod, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "probe-" + name, "namespace": in, "labels": labels},
		"spec": map[string]any{
			"restartPolicy": "Never", "automountServiceAccountToken": false,
			"containers": []any{map[string]any{"name": "probe", "image": image, "args": addresses, "securityContext": security}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.run(t, string(pod), "kubectl", "apply", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = s.run(t, "", "kubectl", "delete", "pod", "-n", in, "probe-"+name, "--ignore-not-found", "--wait=false")
	})
}

// probed is what a probe found, by address.
func (s *suite) probed(t testing.TB, in, name string) map[string]bool {
	t.Helper()
	var phase string
	s.soon(t, "the end of probe-"+name, func() bool {
		phase = s.must(t, "kubectl", "get", "pod", "-n", in, "probe-"+name, "-o", "jsonpath={.status.phase}")
		return phase == "Succeeded" || phase == "Failed"
	})
	found := map[string]bool{}
	for line := range strings.Lines(s.must(t, "kubectl", "logs", "-n", in, "probe-"+name)) {
		var address, result string
		if _, err := fmt.Sscan(line, &address, &result); err != nil {
			t.Fatalf("probe-%s says %q", name, line)
		}
		found[address] = result == "open"
	}
	return found
}
