package paceline

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/knative"
	"paceline/shared/broker/manifest"
	"paceline/shared/function"
	"paceline/shared/function/functiontest"
)

// sendsEvents is the label by which the SinkBinding finds who gets K_SINK.
const sendsEvents = "paceline.example/sends-events"

func manifests(t *testing.T) *manifest.Set {
	t.Helper()
	set, err := manifest.Load(knative.Manifests)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestManifestsNameEveryFunctionOnce(t *testing.T) {
	t.Parallel()
	var services []string
	for _, s := range manifests(t).Services {
		services = append(services, s.Metadata.Name)
		if image, want := s.Spec.Template.Spec.Containers[0].Image, "ko://paceline/functions/cmd/"+s.Metadata.Name; image != want {
			t.Errorf("%s: image %s, want %s", s.Metadata.Name, image, want)
		}
	}
	mains, err := filepath.Glob("functions/cmd/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var built []string
	for _, m := range mains {
		if name := filepath.Base(filepath.Dir(m)); name != "dev" && name != "demo" {
			built = append(built, name)
		}
	}
	var opened []string
	for name := range functions {
		opened = append(opened, name)
	}
	slices.Sort(services)
	slices.Sort(built)
	slices.Sort(opened)
	if !slices.Equal(services, built) || !slices.Equal(services, opened) {
		t.Errorf("services %v\nmains    %v\nopeners  %v", services, built, opened)
	}
}

func TestManifestsAreClosedAndBounded(t *testing.T) {
	t.Parallel()
	for _, s := range manifests(t).Services {
		spec, c := s.Spec.Template.Spec, s.Spec.Template.Spec.Containers[0]
		local := s.Metadata.Labels["networking.knative.dev/visibility"] == "cluster-local"
		if local == (s.Metadata.Name == function.GatewayName) {
			t.Errorf("%s: only the gateway is public, and it is", s.Metadata.Name)
		}
		if spec.ContainerConcurrency == nil || spec.TimeoutSeconds == nil || c.Resources.Limits["memory"] == "" || c.Resources.Limits["cpu"] == "" ||
			s.Spec.Template.Metadata.Annotations["autoscaling.knative.dev/max-scale"] == "" {
			t.Errorf("%s: concurrency, timeout, limits and max-scale are to be set", s.Metadata.Name)
		}
		sc := c.SecurityContext
		if sc == nil || !is(sc.RunAsNonRoot, true) || !is(sc.ReadOnlyRootFilesystem, true) || !is(sc.AllowPrivilegeEscalation, false) ||
			!is(spec.AutomountServiceAccountToken, false) || sc.SeccompProfile == nil || sc.Capabilities == nil {
			t.Errorf("%s: the pod may more than it needs", s.Metadata.Name)
		}
		if c.ReadinessProbe == nil || c.LivenessProbe == nil {
			t.Errorf("%s: probes are missing", s.Metadata.Name)
		}
	}
}

func is(b *bool, want bool) bool { return b != nil && *b == want }

func TestManifestsTriggersTryHardAndThenGiveUpLoudly(t *testing.T) {
	t.Parallel()
	set := manifests(t)
	timeouts := map[string]int{}
	for _, s := range set.Services {
		timeouts[s.Metadata.Name] = *s.Spec.Template.Spec.TimeoutSeconds
	}
	for _, tr := range set.Triggers {
		d, to := tr.Spec.Delivery, tr.Spec.Subscriber
		if d == nil || d.Retry == nil || d.BackoffPolicy == "" || d.BackoffDelay == nil || d.Timeout == nil || d.DeadLetterSink == nil {
			t.Errorf("%s: retry, backoff, timeout and a dead-letter sink are to be set", tr.Metadata.Name)
			continue
		}
		if time.Duration(*d.Timeout) < time.Duration(timeouts[to.Ref.Name])*time.Second {
			t.Errorf("%s: the broker gives up before %s does, and sends again while the first call runs", tr.Metadata.Name, to.Ref.Name)
		}
		if to.URI != "/events" || to.Audience != to.Ref.Name {
			t.Errorf("%s: events go to /events of %s, with a token for it", tr.Metadata.Name, to.Ref.Name)
		}
	}
}

// setting finds the variables that a Config names.
var setting = regexp.MustCompile("env:\"([A-Z_]+)")

// variables is every variable that a function reads.
func variables(t *testing.T, name string) map[string]bool {
	t.Helper()
	read := map[string]bool{}
	files, err := filepath.Glob(filepath.Join("functions", name, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "shared/function/env.go") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range setting.FindAllSubmatch(b, -1) {
			read[string(m[1])] = true
		}
	}
	return read
}

func TestManifestsSetWhatFunctionsRead(t *testing.T) {
	t.Parallel()
	for _, s := range manifests(t).Services {
		name := s.Metadata.Name
		read := variables(t, name)
		vars := map[string]string{}
		for _, v := range s.Spec.Template.Spec.Containers[0].Env {
			if !read[v.Name] {
				t.Errorf("%s: nobody reads %s", name, v.Name)
			}
			vars[v.Name] = ""
		}
		if s.Metadata.Labels[sendsEvents] == "true" {
			vars["K_SINK"] = ""
		}
		r := rigOf(t, name)
		for have := range r.Vars { // what the test gives and the manifest does not
			if _, set := vars[have]; !set {
				delete(r.Vars, have)
			}
		}
		if _, err := functions[name](t.Context(), function.Env{Vars: r.Vars, Log: discard, Now: time.Now}); err != nil {
			t.Errorf("%s does not open with what its manifest sets: %v", name, err)
		}
	}
}

// rigOf runs a function with everything that any function may want.
func rigOf(t *testing.T, name string) *functiontest.Rig {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(strings.Repeat("k", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	return functiontest.New(t, name, functions[name], map[string]string{
		"ACCOUNTS_KEY_FILE": key, "OBJECTS_URL": "file://" + t.TempDir(), "FUNCTION_URL": "http://{function}.example",
		"SMTP_URL": "smtp://127.0.0.1:1", "PUBLIC_URL": "http://127.0.0.1:8080",
	})
}

func TestManifestsTriggersAndSubscriptionsAreTheSame(t *testing.T) {
	t.Parallel()
	wanted := map[string][]string{} // function → types
	for _, tr := range manifests(t).Triggers {
		attributes := tr.Spec.Filter.Attributes
		wanted[tr.Spec.Subscriber.Ref.Name] = append(wanted[tr.Spec.Subscriber.Ref.Name], attributes["type"])
		known := slices.ContainsFunc(events.All(), func(p events.Payload) bool { return p.EventType() == attributes["type"] })
		if !known || (attributes["type"] == events.TypePing && attributes["schedule"] == "") {
			t.Errorf("%s: type %q is not one of ours", tr.Metadata.Name, attributes["type"])
		}
	}
	for name := range functions {
		if name == function.GatewayName || name == "web" {
			continue // they take no events
		}
		r := rigOf(t, name)
		for _, p := range events.All() {
			takes := !refusesType(t, r, p.EventType())
			if name == "deadletter" {
				takes = takes && p.EventType() == events.TypePing // it takes every type, as dead letters
			}
			if has := slices.Contains(wanted[name], p.EventType()); has != takes {
				t.Errorf("%s: a trigger for %s: %v, a handler: %v", name, p.EventType(), has, takes)
			}
		}
	}
}

// refusesType sends an event whose data fits no type, and says whether it was
// refused for its type and not for its data.
func refusesType(t *testing.T, r *functiontest.Rig, eventType string) bool {
	t.Helper()
	token, err := r.Broker().WorkloadToken(r.Name)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, r.Base+"/events", strings.NewReader("[]"))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{
		"Ce-Specversion": "1.0", "Ce-Id": "x", "Ce-Source": "/test", "Ce-Type": eventType,
		"Content-Type": "application/json", "Authorization": "Bearer " + token,
	} {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var problem struct{ Code string }
	_ = json.NewDecoder(resp.Body).Decode(&problem) // an answer without a body is not a refusal
	return problem.Code == "event_type"
}
