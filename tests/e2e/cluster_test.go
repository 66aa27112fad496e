//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const namespace = "paceline"

// suite is the cluster and what runs beside it.
type suite struct {
	whole   testing.TB // the test with all parts
	root    string     // of the repository
	node    string     // this machine, as pods see it
	ingress string     // CLUSTER_URL
	inside  string     // the ingress for names of the cluster, as this machine reaches it
	host    string     // of the gateway
	cluster string     // the folder of clusters/ that is deployed
	stores  *stores
	client  *http.Client // for s.ingress
}

// patience is how long anything may take, a start from zero pods included.
const patience = 3 * time.Minute

func newSuite(t testing.TB) *suite {
	t.Helper()
	for _, v := range []string{"KUBECONFIG", "KO_DOCKER_REPO", "KO_DEFAULTBASEIMAGE", "CLUSTER_URL"} {
		if os.Getenv(v) == "" {
			t.Fatalf("%s is not set: the suite needs a cluster for tests and a registry; see doc.go", v)
		}
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	s := &suite{whole: t, root: root, node: os.Getenv("E2E_NODE"), ingress: os.Getenv("CLUSTER_URL"), cluster: "local", client: http.DefaultClient}
	if s.node == "" {
		s.node = "10.88.0.1"
	}
	if s.inside = os.Getenv("CLUSTER_INTERNAL_URL"); s.inside == "" {
		s.inside = "http://" + s.node + ":8081"
	}
	return s
}

// run runs a command in the repository and returns what it wrote.
func (s *suite) run(t testing.TB, input string, command ...string) (string, error) {
	t.Helper()
	// What cleans up runs when the test's own context has ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir, cmd.Stdin = s.root, strings.NewReader(input)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(s.root, ".bin")+":"+os.Getenv("PATH"))
	cmd.WaitDelay = time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, errs.String())
	}
	return out.String(), err
}

// must is run for a command that has to work.
func (s *suite) must(t testing.TB, command ...string) string {
	t.Helper()
	out, err := s.run(t, "", command...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// kubectl works in the namespace of the platform.
func (s *suite) kubectl(t testing.TB, args ...string) string {
	t.Helper()
	return s.must(t, append([]string{"kubectl", "-n", namespace}, args...)...)
}

// object is what every object of a cluster has, as far as the suite looks.
type object struct {
	Kind     string
	Metadata struct {
		Name, UID   string
		Generation  int64
		Labels      map[string]string
		Annotations map[string]string

		DeletionTimestamp string
	}
	Spec struct {
		Template struct {
			Metadata struct{ Labels map[string]string }
		}
	}
	Status struct {
		URL        string
		PodIP      string
		Conditions []condition
	}
}

type condition struct{ Type, Status, Reason, Message string }

// ready is the condition Ready.
func (o object) ready() condition {
	for _, c := range o.Status.Conditions {
		if c.Type == "Ready" {
			return c
		}
	}
	return condition{Status: "Unknown"}
}

// objects are all objects of some kinds in a namespace.
func (s *suite) objects(t testing.TB, in string, kinds ...string) []object {
	t.Helper()
	out := s.must(t, "kubectl", "-n", in, "get", strings.Join(kinds, ","), "-o", "json")
	var list struct{ Items []object }
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// allReady waits until all objects of some kinds are Ready.
func (s *suite) allReady(t testing.TB, kinds ...string) {
	t.Helper()
	s.readyWithin(t, patience, kinds...)
}

func (s *suite) readyWithin(t testing.TB, limit time.Duration, kinds ...string) {
	t.Helper()
	var late []string
	ok := within(limit, func() bool {
		late = nil
		for _, o := range s.objects(t, namespace, kinds...) {
			if c := o.ready(); c.Status != "True" {
				late = append(late, fmt.Sprintf("%s %s: %s %s", o.Kind, o.Metadata.Name, c.Reason, c.Message))
			}
		}
		return len(late) == 0
	})
	if !ok {
		t.Fatalf("not ready after %s:\n%s", limit, strings.Join(late, "\n"))
	}
}

// running are the pods of functions that are there.
func (s *suite) running(t testing.TB) []object {
	t.Helper()
	var list struct{ Items []object }
	out := s.kubectl(t, "get", "pods", "-l", "serving.knative.dev/service", "-o", "json")
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// asleep waits until no function runs.
func (s *suite) asleep(t testing.TB) {
	t.Helper()
	var names []string
	ok := eventually(func() bool {
		names = nil
		for _, p := range s.running(t) {
			names = append(names, p.Metadata.Name)
		}
		return len(names) == 0
	})
	if !ok {
		t.Fatalf("still there after %s: %v", patience, names)
	}
}

// eventually waits until holds does.
func eventually(holds func() bool) bool { return within(patience, holds) }

func within(limit time.Duration, holds func() bool) bool {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		if holds() {
			return true
		}
	}
	return false
}

// findHost is the name of the gateway outside.
func (s *suite) findHost(t testing.TB) {
	t.Helper()
	u, err := url.Parse(strings.TrimSpace(s.kubectl(t, "get", "ksvc", "gateway", "-o", "jsonpath={.status.url}")))
	if err != nil || u.Host == "" {
		t.Fatalf("address of the gateway: %v, %v", u, err)
	}
	s.host = u.Host
}
