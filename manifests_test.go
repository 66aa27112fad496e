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
	"paceline/shared/function/eventing"
	"paceline/shared/function/functiontest"
)

// sendsEvents is the label by which a NetworkPolicy lets pods reach the broker.
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
		if name := filepath.Base(filepath.Dir(m)); name != "dev" && name != "demo" && name != "kn-paceline" {
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
			!is(spec.AutomountServiceAccountToken, false) || sc.SeccompProfile == nil || sc.SeccompProfile.Type != "RuntimeDefault" ||
			sc.Capabilities == nil || !slices.Equal(sc.Capabilities.Drop, []string{"ALL"}) || len(sc.Capabilities.Add) > 0 {
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
	for _, b := range set.Brokers {
		if d := b.Spec.Delivery; d == nil || d.Retry == nil || d.DeadLetterSink == nil {
			t.Errorf("broker %s: retry and a dead-letter sink are to be set", b.Metadata.Name)
		}
	}
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

func TestManifestsTriggersAndSubscriptionsAreTheSame(t *testing.T) {
	t.Parallel()
	set := manifests(t)
	wanted := map[string][]string{} // function → types
	for _, tr := range set.Triggers {
		if tr.Spec.Filter == nil || len(tr.Spec.Filters) > 0 {
			t.Fatalf("%s: a trigger is for one type, in filter.attributes", tr.Metadata.Name)
		}
		eventType, schedule := tr.Spec.Filter.Attributes["type"], tr.Spec.Filter.Attributes["schedule"]
		wanted[tr.Spec.Subscriber.Ref.Name] = append(wanted[tr.Spec.Subscriber.Ref.Name], eventType)
		if !slices.ContainsFunc(events.All(), func(p events.Payload) bool { return p.EventType() == eventType }) {
			t.Errorf("%s: type %q is not one of ours", tr.Metadata.Name, eventType)
		}
		if (eventType == events.TypePing || schedule != "") && !rings(set, schedule) {
			t.Errorf("%s: no PingSource has the schedule %q", tr.Metadata.Name, schedule)
		}
	}
	if len(wanted["web"]) > 0 {
		t.Errorf("web takes no events, and triggers send it %v", wanted["web"])
	}
	for name := range functions {
		if name == "web" {
			continue
		}
		r := rigOf(t, name)
		for _, p := range events.All() {
			takes := !refusesType(t, r, p.EventType())
			if name == "deadletter" && p.EventType() != events.TypePing {
				takes = false // what it takes of other types are dead letters, which no trigger sends
			}
			if has := slices.Contains(wanted[name], p.EventType()); has != takes {
				t.Errorf("%s: a trigger for %s: %v, a handler: %v", name, p.EventType(), has, takes)
			}
		}
	}
}

// rings says whether a PingSource marks its events with the schedule.
func rings(set *manifest.Set, schedule string) bool {
	return slices.ContainsFunc(set.PingSources, func(p manifest.PingSource) bool {
		return schedule != "" && p.Spec.CEOverrides != nil && p.Spec.CEOverrides.Extensions["schedule"] == schedule
	})
}

// refusesType sends an event whose data fits no type, and says whether it was
// refused for its type and not for its data.
func refusesType(t *testing.T, r *functiontest.Rig, eventType string) bool {
	t.Helper()
	token, err := r.Broker().WorkloadToken(r.Name)
	if err != nil {
		t.Fatal(err)
	}
	sender := r.Broker()
	if names := events.Senders(eventType); len(names) > 0 {
		sender = r.Signer(names[0])
	}
	sink := eventing.Sink{URL: r.Base + "/events", Sign: sender.EventToken, Token: func() (string, error) { return token, nil }}
	req, err := sink.Request(t.Context(), events.Envelope{
		ID: "x", Source: events.Source(sender.Issuer()), Type: eventType, Time: time.Now(), DataContentType: "application/json", Data: []byte("[]"),
	})
	if err != nil {
		t.Fatal(err)
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

// TestManifestsPoliciesLetFunctionsSendWhatTheySend holds the EventPolicies to
// the senders of events: on a cluster that authenticates them, what is missing
// stays in an outbox for ever.
func TestManifestsPoliciesLetFunctionsSendWhatTheySend(t *testing.T) {
	t.Parallel()
	sends := map[string][]string{}
	for _, p := range events.All() {
		for _, name := range events.Senders(p.EventType()) {
			sends[name] = append(sends[name], p.EventType())
		}
	}
	sends["deadletter"] = nil // it sends the events of others again, of whatever type
	for name := range functions {
		file, err := os.ReadFile(filepath.Join("knative", "functions", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		var may []string
		for doc := range strings.SplitSeq(string(file), "\n---\n") {
			if strings.Contains(doc, "kind: EventPolicy\n") && strings.Contains(doc, "sub: system:serviceaccount:paceline:"+name+"\n") {
				for _, exact := range exactType.FindAllStringSubmatch(doc, -1) {
					may = append(may, exact[1])
				}
			}
		}
		if !slices.Equal(may, sends[name]) {
			t.Errorf("%s: its EventPolicy allows\n%s\nand it sends\n%s", name, strings.Join(may, "\n"), strings.Join(sends[name], "\n"))
		}
	}
}

// exactType is a type that an EventPolicy allows.
var exactType = regexp.MustCompile(`exact: \{type: ([a-z0-9.]+)\}`)
