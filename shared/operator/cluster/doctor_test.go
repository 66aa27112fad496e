package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"

	"paceline/shared/broker/manifest"
	"paceline/shared/function/identity"
	"paceline/shared/operator/cluster"
)

const eventingYAML = `apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: default, namespace: paceline}
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: stats-workout-uploaded, namespace: paceline}
spec:
  broker: default
  filter: {attributes: {type: paceline.workout.uploaded.v1}}
  subscriber:
    ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: stats}
    uri: /events
---
apiVersion: sources.knative.dev/v1
kind: PingSource
metadata: {name: sweep, namespace: paceline}
spec:
  schedule: "*/10 * * * *"
  data: "{}"
  sink: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default}}
`

const (
	readyStatus = "\nstatus: {conditions: [{type: Ready, status: \"True\"}]}\n"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// clinic is a cluster in which all is well, until a test changes it.
type clinic struct {
	t      *testing.T
	client *fake.FakeDynamicClient
	doctor cluster.Doctor
}

func newClinic(t *testing.T) *clinic {
	t.Helper()
	files := fstest.MapFS{
		"gateway.yaml": {Data: []byte(serviceYAML("gateway", ""))}, "stats.yaml": {Data: []byte(serviceYAML("stats", statsEnv))}, "eventing.yaml": {Data: []byte(eventingYAML)},
	}
	set, err := manifest.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	docs := []string{serviceYAML("gateway", "") + readyStatus, serviceYAML("stats", statsEnv) + readyStatus}
	for doc := range strings.SplitSeq(eventingYAML, "---\n") {
		docs = append(docs, strings.TrimRight(doc, "\n")+readyStatus)
	}
	n, client := server(t, docs...)
	c := &clinic{t: t, client: client, doctor: cluster.Doctor{Namespace: n, Wanted: set, Now: func() time.Time { return noon }}}
	if _, err := n.Apply(t.Context(), set.Services, settings); err != nil {
		t.Fatal(err)
	}
	return c
}

// examine returns what is found as lines "about: what => fix".
func (c *clinic) examine() string {
	c.t.Helper()
	d := c.doctor
	found, err := d.Examine(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	var lines []string
	for _, f := range found {
		lines = append(lines, fmt.Sprintf("%s: %s => %s", f.About, f.What, f.Fix))
	}
	return strings.Join(lines, "\n")
}

func (c *clinic) edit(group, resource, name string, value any, path ...string) {
	c.t.Helper()
	client := c.client.Resource(gvr(group, resource)).Namespace("paceline")
	u, err := client.Get(c.t.Context(), name, getOptions)
	if err != nil {
		c.t.Fatal(err)
	}
	if value == nil {
		unstructured.RemoveNestedField(u.Object, path...)
	} else if err := unstructured.SetNestedField(u.Object, value, path...); err != nil {
		c.t.Fatal(err)
	}
	if err := c.client.Tracker().Update(gvr(group, resource), u, "paceline"); err != nil {
		c.t.Fatal(err)
	}
}

func (c *clinic) remove(group, resource, name string) {
	c.t.Helper()
	if err := c.client.Tracker().Delete(gvr(group, resource), "paceline", name); err != nil {
		c.t.Fatal(err)
	}
}

func (c *clinic) add(group, resource, doc string) {
	c.t.Helper()
	if err := c.client.Tracker().Create(gvr(group, resource), object(c.t, doc), "paceline"); err != nil {
		c.t.Fatal(err)
	}
}

func gvr(group, resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: group, Version: "v1", Resource: resource}
}

const (
	serving = "serving.knative.dev"
	eventer = "eventing.knative.dev"
)

// notReady is the status of something that is not.
func notReady(reason, message string) any {
	return []any{map[string]any{"type": "Ready", "status": "False", "reason": reason, "message": message}}
}

const podYAML = `apiVersion: v1
kind: Pod
metadata: {name: stats-00001-abc, namespace: paceline, labels: {serving.knative.dev/service: stats}}
status:
  containerStatuses:
    - name: queue-proxy
      state: {waiting: {reason: CrashLoopBackOff}}
      lastState: {terminated: {exitCode: 9}}
    - name: user-container
      restartCount: 2
`

func TestTheDoctorFindsNothingWhereAllIsWell(t *testing.T) {
	t.Parallel()
	if found := newClinic(t).examine(); found != "" {
		t.Errorf("found\n%s", found)
	}
}

func TestTheDoctorNamesTheFaultAndTheFix(t *testing.T) {
	t.Parallel()
	crashed := podYAML + "      state: {waiting: {reason: CrashLoopBackOff}}\n      lastState: {terminated: {exitCode: 1}}\n"
	for name, c := range map[string]struct {
		spoil func(c *clinic)
		want  []string
	}{
		"a Secret is missing": {
			func(c *clinic) { c.remove("", "secrets", "paceline-redis") },
			[]string{"secret/paceline-redis: the Secret is missing; stats wants its key stats for REDIS_URL => kn paceline secrets --redis-url …"},
		},
		"a store in clear": {
			func(c *clinic) {
				if _, err := c.doctor.Namespace.Apply(c.t.Context(), c.doctor.Wanted.Services, cluster.Settings{RedisURL: "redis-cluster://{function}:pw@redis:6379", ObjectsURL: "s3://paceline?endpoint=http://minio:9000"}); err != nil {
					c.t.Fatal(err)
				}
			},
			[]string{
				"secret/paceline-redis: its key stats is an address without TLS => kn paceline secrets --redis-url 'rediss://{function}:{password}@…'",
				"configmap/paceline-config: its key objects-url is an address without TLS",
			},
		},
		"a key of a ConfigMap is missing": {
			func(c *clinic) { c.edit("", "configmaps", "paceline-config", nil, "data", "objects-url") },
			[]string{"configmap/paceline-config: stats wants its key objects-url for OBJECTS_URL, which is missing => kn paceline secrets --objects-url …"},
		},
		"an identity is missing": {
			func(c *clinic) { c.remove("", "secrets", "paceline-identity-stats") },
			[]string{"secret/paceline-identity-stats: the Secret is missing; stats wants its key key.pem for IDENTITY_KEY_FILE => kn paceline secrets"},
		},
		"a key that nobody knows": {
			func(c *clinic) {
				other, err := identity.GenerateKey()
				if err != nil {
					c.t.Fatal(err)
				}
				c.remove("", "secrets", "paceline-identity-stats")
				if err := c.client.Tracker().Create(gvr("", "secrets"), secretOf("paceline-identity-stats", map[string]string{"key.pem": string(other)}), "paceline"); err != nil {
					c.t.Fatal(err)
				}
			},
			[]string{"secret/paceline-identity-stats: its public half is not in the ConfigMap paceline-jwks: others refuse what stats signs => kn paceline secrets"},
		},
		"a rotation that nobody went on with": {
			func(c *clinic) {
				if _, err := identity.Rotate(c.t.Context(), cluster.Keys{Namespace: c.doctor.Namespace}, noon.Add(-2*time.Hour), 0, false); err != nil {
					c.t.Fatal(err)
				}
			},
			[]string{`has been at the stage "published" since 2026-05-04T10:00:00Z => kn paceline key rotate`},
		},
		"the cluster has new keys": {
			func(c *clinic) {
				c.edit("", "configmaps", "paceline-jwks", `{"keys":[{"kid":"old"}]}`, "data", "cluster.json")
				c.doctor.Namespace.Raw = func(context.Context, string) ([]byte, error) { return []byte(`{"keys":[{"kid":"new"}]}`), nil }
			},
			[]string{"configmap/paceline-jwks: the cluster signs with other keys than its key cluster.json says: functions refuse deliveries => kn paceline secrets"},
		},
		"a function is missing, and a trigger leads to it": {
			func(c *clinic) { c.remove(serving, "services", "stats") },
			[]string{"service/stats: the function is not deployed => make deploy", "trigger/stats-workout-uploaded: its subscriber, the function stats, is missing => make deploy"},
		},
		"a wrong image": {
			func(c *clinic) {
				c.edit(serving, "services", "stats", notReady("RevisionMissing", "…"), "status", "conditions")
				c.edit(serving, "services", "stats", "stats-00001", "status", "latestCreatedRevisionName")
				c.add(serving, "revisions", "apiVersion: serving.knative.dev/v1\nkind: Revision\nmetadata: {name: stats-00001, namespace: paceline}\nstatus: {conditions: [{type: Ready, status: \"False\", reason: ContainerMissing, message: 'Unable to fetch image \"x\": MANIFEST_UNKNOWN'}]}\n")
			},
			[]string{`service/stats: it is not ready: ContainerMissing Unable to fetch image "x": MANIFEST_UNKNOWN => make images deploy`},
		},
		"a crash, with what it said": {
			func(c *clinic) {
				c.edit(serving, "services", "stats", notReady("RevisionFailed", "…"), "status", "conditions")
				c.add("", "pods", crashed)
				c.doctor.Logs = func(_ context.Context, pod, container string, previous bool) (string, error) {
					if pod != "stats-00001-abc" || container != "user-container" || !previous {
						return "", errors.New("not this one")
					}
					return `{"level":"INFO","msg":"starting"}` + "\n" + `{"level":"ERROR","msg":"function stopped","function":"stats","error":"configuration: REDIS_URL is not set"}` + "\n", nil
				}
			},
			[]string{"service/stats: its container ends with exit code 1: function stopped: configuration: REDIS_URL is not set => mend the variable that it names: kn service describe stats -n paceline"},
		},
		"a crash whose log is gone": {
			func(c *clinic) {
				c.edit(serving, "services", "stats", notReady("RevisionFailed", "…"), "status", "conditions")
				c.add("", "pods", strings.Replace(crashed, "exitCode: 1}", "exitCode: 2, message: \"panic: no\\ngoroutine 1\"}", 1))
			},
			[]string{"service/stats: its container ends with exit code 2: panic: no => kn revision list -s stats -n paceline"},
		},
		"an image that does not come": {
			func(c *clinic) {
				c.edit(serving, "services", "stats", notReady("RevisionFailed", "…"), "status", "conditions")
				c.add("", "pods", podYAML+"      state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image \"x\"'}}\n")
			},
			[]string{`service/stats: its container does not start: ImagePullBackOff Back-off pulling image "x" => make images deploy`},
		},
		"a failure that scaled to zero": {
			func(c *clinic) {
				c.edit(serving, "services", "stats", notReady("RevisionFailed", `Revision "stats-00001" failed with message: Container failed with: {"level":"ERROR","msg":"function stopped","error":"OBJECTS_URL: the scheme \"x\" is none of s3"}`), "status", "conditions")
			},
			[]string{`service/stats: it is not ready: RevisionFailed function stopped: OBJECTS_URL: the scheme "x" is none of s3 => mend the variable`},
		},
		"a broker that is not ready": {
			func(c *clinic) {
				c.edit(eventer, "brokers", "default", notReady("ChannelFailure", "no channel"), "status", "conditions")
			},
			[]string{"broker/default: it is not ready: ChannelFailure no channel => kn broker describe default -n paceline"},
		},
		"no broker and no schedule": {
			func(c *clinic) {
				c.remove(eventer, "brokers", "default")
				c.remove("sources.knative.dev", "pingsources", "sweep")
			},
			[]string{"broker/default: the broker is missing: no event is delivered => make deploy", "pingsource/sweep: the schedule is missing => make deploy"},
		},
		"a trigger that is missing": {
			func(c *clinic) { c.remove(eventer, "triggers", "stats-workout-uploaded") },
			[]string{"trigger/stats-workout-uploaded: the trigger is missing: stats does not hear paceline.workout.uploaded.v1 => make deploy"},
		},
		"a trigger that lets nothing through": {
			func(c *clinic) {
				c.edit(eventer, "triggers", "stats-workout-uploaded", map[string]any{"type": "nothing"}, "spec", "filter", "attributes")
			},
			[]string{"trigger/stats-workout-uploaded: somebody changed its filter to map[type:nothing]", "=> kn paceline trigger resume stats-workout-uploaded"},
		},
		"a trigger that leads elsewhere": {
			func(c *clinic) {
				c.edit(eventer, "triggers", "stats-workout-uploaded", nil, "spec", "subscriber", "uri")
			},
			[]string{`trigger/stats-workout-uploaded: somebody changed where it leads: path "", and "/events" is where events are heard => kn paceline trigger resume`},
		},
		"a trigger that is paused": {
			func(c *clinic) {
				if err := c.doctor.Namespace.Pause(c.t.Context(), "stats-workout-uploaded"); err != nil {
					c.t.Fatal(err)
				}
			},
			[]string{"trigger/stats-workout-uploaded: it is paused: events become dead letters when the broker has tried long enough => kn paceline trigger resume stats-workout-uploaded"},
		},
		"a trigger that was paused and resumed": {
			func(c *clinic) {
				c.edit(eventer, "triggers", "stats-workout-uploaded", map[string]any{"type": "nothing", "subject": "nobody"}, "spec", "filter", "attributes")
				err := c.doctor.Namespace.Pause(c.t.Context(), "stats-workout-uploaded")
				if err == nil {
					err = c.doctor.Namespace.Resume(c.t.Context(), c.doctor.Wanted.Triggers[0])
				}
				if err != nil {
					c.t.Fatal(err)
				}
			},
			[]string{""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clinic := newClinic(t)
			c.spoil(clinic)
			found := clinic.examine()
			if n := strings.Count(found, "\n") + 1; n > len(c.want) {
				t.Errorf("it says more than what is wrong:\n%s", found)
			}
			for _, want := range c.want {
				if want == "" && found != "" || !strings.Contains(found, want) {
					t.Errorf("%q is not in:\n%s", want, found)
				}
			}
		})
	}
}

// On a cluster of one machine the stores are on the machine.
func TestTheDoctorLetsALocalClusterSpeakInClear(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	if _, err := c.doctor.Namespace.Apply(t.Context(), c.doctor.Wanted.Services, cluster.Settings{RedisURL: "redis://{function}:pw@10.88.0.1:6379"}); err != nil {
		t.Fatal(err)
	}
	if got := c.examine(); !strings.Contains(got, "without TLS") {
		t.Errorf("in clear, and nothing is said: %s", got)
	}
	client := c.client.Resource(gvr("", "namespaces"))
	u, err := client.Get(t.Context(), "paceline", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	u.SetLabels(map[string]string{"paceline.example/cluster": "local"})
	if _, err := client.Update(t.Context(), u, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := c.examine(); got != "" {
		t.Errorf("found: %s", got)
	}
}

func TestTheDoctorKnowsAnEmptyCluster(t *testing.T) {
	t.Parallel()
	n, _ := server(t)
	d := cluster.Doctor{Namespace: n, Wanted: &manifest.Set{}, Now: func() time.Time { return noon }}
	found, err := d.Examine(t.Context())
	if err != nil || len(found) != 1 || found[0].About != "namespace/paceline" {
		t.Errorf("%+v %v", found, err)
	}
}
