//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

// configure tells Knative to authenticate whoever sends events, to allow nobody
// without a policy, and to let pods go soon.
func (s *suite) configure(t testing.TB) {
	t.Helper()
	features := s.must(t, "kubectl", "-n", "knative-eventing", "get", "configmap", "config-features", "-o", "jsonpath={.data.authentication-oidc} {.data.default-authorization-mode}")
	if features != "enabled deny-all" {
		s.must(t, "kubectl", "-n", "knative-eventing", "patch", "configmap", "config-features", "--type", "merge",
			"-p", `{"data":{"authentication-oidc":"enabled","default-authorization-mode":"deny-all"}}`)
		s.must(t, "kubectl", "-n", "knative-eventing", "rollout", "restart", "deployment")
	}
	s.must(t, "kubectl", "-n", "knative-serving", "patch", "configmap", "config-autoscaler", "--type", "merge", "-p", `{"data":{"scale-to-zero-grace-period":"5s"}}`)
	// A small node has no room for what sidecars ask for by default.
	s.must(t, "kubectl", "-n", "knative-serving", "patch", "configmap", "config-deployment", "--type", "merge", "-p", `{"data":{"queue-sidecar-cpu-request":"5m"}}`)
	s.must(t, "kubectl", "-n", "knative-eventing", "rollout", "status", "deployment", "--timeout", "180s")
}

// deploy brings the platform up from nothing, as the README says.
func (s *suite) deploy(t testing.TB) {
	if out, err := s.run(t, "", "kubectl", "get", "namespace", namespace); err == nil {
		t.Fatalf("the namespace %s is there; the suite begins without\n%s", namespace, out)
	}
	s.configure(t)
	s.must(t, "go", "build", "-tags", "disable_grpc_modules,grpcnotrace,noprometheus", "-o", ".bin/kn-paceline", "./functions/cmd/kn-paceline")
	started := time.Now()
	t.Log("\n" + s.secrets(t))
	s.admit(t)
	s.must(t, "make", "deploy", "CLUSTER="+s.cluster)
	s.readyWithin(t, 3*patience, "ksvc", "broker", "trigger", "pingsource", "eventpolicy")
	t.Logf("ready %s after make deploy began, images included", time.Since(started).Round(time.Second))
	s.findHost(t)
}

func (s *suite) secrets(t testing.TB) string {
	t.Helper()
	rendered := s.must(t, "kubectl", "kustomize", "clusters/"+s.cluster)
	command := append([]string{"kn", "paceline", "secrets", "-f", "-",
		"--redis-url", "rediss://{function}:{password}@" + s.node + ":" + redisPort,
		"--objects-url", "s3://paceline?region=us-east-1&endpoint=https://" + s.node + ":" + s3Port + "&ca_file=/etc/paceline/stores/ca.crt",
		"--mail-url", "smtp://" + s.node + ":" + mailPort, "--public-url", "https://paceline.example",
		"--mail-from", "Paceline <no-reply@paceline.example>", "--admin-emails", "root@example.com",
	}, s.storeValues(t)...)
	out, err := s.run(t, rendered, command...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// again is a second run, which changes nothing.
func (s *suite) again(t testing.TB) {
	before := s.generations(t)
	if out := s.secrets(t); strings.Contains(out, "created") || strings.Contains(out, "changed\n") && !strings.Contains(out, "unchanged") {
		t.Errorf("secrets were made again:\n%s", out)
	}
	s.must(t, "make", "deploy", "CLUSTER="+s.cluster)
	s.allReady(t, "ksvc", "broker", "trigger")
	if after := s.generations(t); !maps.Equal(before, after) {
		for name, g := range after {
			if before[name] != g {
				t.Errorf("%s is now %s, was %s", name, g, before[name])
			}
		}
	}
}

// generations tells every change of what was deployed.
func (s *suite) generations(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, o := range s.objects(t, namespace, "ksvc", "revision", "trigger", "broker", "pingsource", "eventpolicy", "networkpolicy", "secret", "configmap", "serviceaccount") {
		all[o.Kind+" "+o.Metadata.Name] = fmt.Sprint(o.Metadata.UID, " ", o.Metadata.Generation)
	}
	return all
}

// undeploy leaves nothing.
func (s *suite) undeploy(t testing.TB) {
	s.must(t, "make", "undeploy", "CLUSTER="+s.cluster)
	gone := eventually(func() bool {
		_, err := s.run(t, "", "kubectl", "get", "namespace", namespace)
		return err != nil
	})
	if !gone {
		t.Errorf("the namespace is still there: %s", s.must(t, "kubectl", "get", "all", "-n", namespace))
	}
	if left := s.must(t, "kubectl", "get", "ksvc,trigger,broker,pingsource", "-A", "-l", "app.kubernetes.io/part-of=paceline", "-o", "name"); strings.TrimSpace(left) != "" {
		t.Errorf("left: %s", left)
	}
}
