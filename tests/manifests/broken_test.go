package manifests

import (
	"os"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/policy"
)

// good is testdata/good.yaml as a cluster that keeps its events, with changes.
func good(t *testing.T, name string, changes ...string) *Set {
	t.Helper()
	b, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for i := 0; i < len(changes); i += 2 {
		if strings.Count(text, changes[i]) != 1 {
			t.Fatalf("%q stands there %d times", changes[i], strings.Count(text, changes[i]))
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	objects, err := parse("good.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &Set{Name: name, Objects: objects}
}

func TestTheGoodSetKeepsTheRules(t *testing.T) {
	t.Parallel()
	s := good(t, "clusters/any")
	for _, f := range check(s, rules(t)) {
		t.Error(f)
	}
	used := map[string]bool{}
	for _, o := range s.Objects {
		used[o.Kind] = true
	}
	for _, kind := range []string{"Service", "Broker", "Trigger", "PingSource", "SinkBinding", "EventPolicy", "EventType", "NetworkPolicy", "ServiceAccount", "Namespace"} {
		if !used[kind] {
			t.Errorf("no %s is in the good set", kind)
		}
	}
}

// Each change breaks the good set in one way, and a finding says which, in
// which object.
func TestEachRuleSeesItsFault(t *testing.T) {
	t.Parallel()
	const stats, trigger = "Service paceline/stats: ", "Trigger paceline/stats-workout-uploaded: "
	cases := []struct {
		name     string
		old, new string
		want     string
	}{
		{"a field that the type does not have", "enableServiceLinks:", "enableServiceLink:", stats + `kind: strict decoding error: unknown field "spec.template.spec.enableServiceLink"`},
		{"a field of a core kind", "policyTypes: [Egress]", "policyType: [Egress]", `NetworkPolicy paceline/to-redis: kind: strict decoding error: unknown field "spec.policyType"`},
		{"a value of another type", "containerConcurrency: 8", "containerConcurrency: eight", stats + "kind: "},
		{"a kind that nobody knows", "kind: SinkBinding", "kind: SinkBindings", "SinkBindings paceline/events: kind: no types are known here for \"sources.knative.dev/v1 SinkBindings\""},
		{"a version that is not served", "eventing.knative.dev/v1beta3", "eventing.knative.dev/v1beta9", "kind: no types are known here"},

		{"a bad annotation of the autoscaler", `max-scale: "50"`, `max-scale: "50"` + "\n        autoscaling.knative.dev/window: 1s", stats + "webhook: "},
		{"a field behind a flag", "serviceAccountName: stats", "serviceAccountName: stats\n      priorityClassName: high", "(needs the feature flag kubernetes.podspec-priorityclassname)"},
		{"another field behind a flag", "timeout: PT65S\n    dead", "timeout: PT65S\n    retryAfterMax: PT2M\n    dead", "(needs the feature flag delivery-retryafter)"},
		{"a field that is never allowed", "enableServiceLinks: false", "restartPolicy: Never", stats + "webhook: must not set the field(s): spec.template.spec.restartPolicy"},
		{"a timeout past all bounds", "timeoutSeconds: 60 # of stats", "timeoutSeconds: 6000", stats + "webhook: "},
		{"a bad duration", "backoffDelay: PT1S", "backoffDelay: 1s", trigger + "webhook: invalid value: 1s: spec.delivery.backoffDelay"},
		{"a bad schedule", `"*/10 * * * *"`, `"*/10 * * *"`, "PingSource paceline/sweep: webhook: "},
		{"data that is not JSON", `'{"schedule":"sweep"}'`, "sweep", "PingSource paceline/sweep: webhook: "},
		{"an EventType without an id", "    - {name: id, required: true}\n", "", "EventType paceline/paceline.workout.uploaded.v1: webhook: missing field(s): spec.attributes.id"},
		{"a bad pattern of a policy", "serviceaccount:knative-eventing:pingsource-mt-adapter", "serviceaccount:*:x", "EventPolicy paceline/who: webhook: "},
		{"a subject without a kind", "    kind: Service\n    selector", "    selector", "SinkBinding paceline/events: webhook: "},

		{"a value that the CRD refuses", "required: true, value: /functions/upload", "value: 7", "schema: "},
		{"a policy that the CRD does not have", "backoffPolicy: linear", "backoffPolicy: 3", trigger},

		{"no main", "cmd/stats", "cmd/statistics", stats + "image: ko://paceline/functions/cmd/statistics is no main"},
		{"an image from elsewhere", "ko://paceline/functions/cmd/stats", "docker.io/library/stats", stats + "image: "},
		{"a root that can be written", "securityContext: # of stats\n            allowPrivilegeEscalation: false\n            readOnlyRootFilesystem: true", "securityContext:\n            allowPrivilegeEscalation: false", stats + "read-only root: "},
		{"a pod that may become root", "securityContext: # of stats\n            allowPrivilegeEscalation: false", "securityContext:\n            allowPrivilegeEscalation: true", stats + "pod security: "},
		{"a pod with a token", "automountServiceAccountToken: false # of the pod", "", stats + "service account: automountServiceAccountToken is to be false"},
		{"a ServiceAccount with a token", "automountServiceAccountToken: false # of the ServiceAccount", "", stats + "service account: automountServiceAccountToken of its ServiceAccount"},
		{"another's ServiceAccount", "serviceAccountName: stats", "serviceAccountName: deadletter", stats + `service account: runs as the ServiceAccount "deadletter"`},
		{"no ServiceAccount", "metadata: {name: stats, namespace: paceline} # its own", "metadata: {name: statistics, namespace: paceline}", stats + `service account: there is no ServiceAccount "stats"`},
		{"a password in an address", "https://example.org", "redis://stats:secret@redis.example", stats + "no secret in the open: PLAIN is an address with a password"},
		{"a key in a value", "https://example.org", "AKIAABCDEFGHIJKLMNOP", stats + "no secret in the open: PLAIN is a key"},
		{"a variable named as a secret", "name: PLAIN", "name: API_TOKEN", stats + "no secret in the open: API_TOKEN is named as a secret"},
		{"no limit", "limits: {cpu: 1000m, memory: 256Mi}", "limits: {cpu: 1000m}", stats + "resources: memory"},
		{"no request", "requests: {cpu: 30m, memory: 33Mi}", "requests: {memory: 33Mi}", stats + "resources: cpu"},
		{"a request above its limit", "requests: {cpu: 30m, memory: 33Mi}", "requests: {cpu: 30m, memory: 1Gi}", stats + "resources: memory: the request 1Gi is more"},
		{"readiness asked elsewhere", "readinessProbe: # of stats\n            httpGet: {path: /health/readiness}", "readinessProbe:\n            httpGet: {path: /}", stats + "probes: readinessProbe"},
		{"no liveness", "          livenessProbe: # of stats\n            httpGet: {path: /health/liveness}\n", "", stats + "probes: livenessProbe"},
		{"a start asked elsewhere", "          readinessProbe: # of stats", "          startupProbe: {tcpSocket: {port: 0}}\n          readinessProbe:", stats + "probes: startupProbe"},
		{"any number of requests at once", "      containerConcurrency: 8\n", "", stats + "scale: containerConcurrency"},
		{"any number of requests, said", "containerConcurrency: 8", "containerConcurrency: 0", stats + "scale: containerConcurrency"},
		{"any number of pods", `autoscaling.knative.dev/max-scale: "50"`, `a: b`, stats + "scale: max-scale"},
		{"never asleep without a reason", `max-scale: "50"`, `max-scale: "50"` + "\n        autoscaling.knative.dev/min-scale: \"1\"", stats + "scale: has a min-scale"},
		{"a public function", "    networking.knative.dev/visibility: cluster-local # of stats\n", "", stats + "visibility: only gateway is public"},

		{"a gateway for nobody", "name: gateway # the Service", "name: gateway\n  labels: {networking.knative.dev/visibility: cluster-local}", "Service paceline/gateway: visibility: only gateway is public"},

		{"no retry", "    retry: 14\n    backoffPolicy: linear", "    backoffPolicy: linear", trigger + "delivery: retry"},
		{"a Broker that does not retry", "    retry: 3\n", "", "Broker paceline/default: delivery: retry"},
		{"no dead letters", "    timeout: PT65S\n    deadLetterSink:\n      ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: deadletter} # of the Trigger\n      uri: /events\n      audience: deadletter # of the Trigger", "    timeout: PT65S", trigger + "delivery: has no deadLetterSink"},
		{"a Broker that gives up first", "timeout: PT65S\n    dead", "timeout: PT60S\n    dead", trigger + "timeout: the Broker waits 1m0s, and stats may take 1m0s"},
		{"a Broker that waits as long as it likes", "    timeout: PT65S\n    dead", "    dead", trigger + "timeout: delivery.timeout is to be set"},
		{"no end of a call", "      timeoutSeconds: 60 # of stats\n", "", trigger + "timeout: stats has no timeoutSeconds"},
		{"an event without a token", "    audience: stats\n", "", trigger + `audience: subscriber.audience is to be "stats"`},
		{"a dead letter with another's token", "audience: deadletter # of the Trigger", "audience: stats", trigger + `audience: delivery.deadLetterSink.audience is to be "deadletter"`},
		{"a type that nobody sends", "type: paceline.workout.uploaded.v1} # of the Trigger", "type: paceline.workout.upload.v1}", trigger + `catalogue: no EventType of its Broker has the type "paceline.workout.upload.v1"`},
		{"every type", "  filter:\n    attributes: {type: paceline.workout.uploaded.v1} # of the Trigger\n", "", trigger + "catalogue: is to wait for one type"},
		{"events in memory", "broker.class: Kafka", "broker.class: MTChannelBasedBroker", `Broker paceline/default: durable: the class "MTChannelBasedBroker" may forget`},
		{"the class that the cluster happens to have", "  annotations: {eventing.knative.dev/broker.class: Kafka}\n", "", `Broker paceline/default: durable: the class ""`},

		{"no namespace", "metadata: {name: paceline}", "metadata: {name: other}", stats + `namespace: no file makes the Namespace "paceline"`},
		{"a subscriber that is not there", "kind: Service, name: stats}", "kind: Service, name: statistics}", trigger + "destination: subscriber: there is no Service paceline/statistics"},
		{"a subscriber of another kind", "ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: stats}", "ref: {apiVersion: v1, kind: Service, name: stats}", trigger + "destination: subscriber: there is no Service paceline/stats of v1"},
		{"dead letters to nobody", "name: deadletter} # of the Trigger", "name: dead}", trigger + "destination: delivery.deadLetterSink: there is no Service paceline/dead"},
		{"a schedule to nobody", "name: default} # of the PingSource", "name: other}", "PingSource paceline/sweep: destination: sink: there is no Broker paceline/other"},
		{"a catalogue of nobody", "kind: Broker, name: default}\n  description", "kind: Broker, name: other}\n  description", "EventType paceline/paceline.workout.uploaded.v1: destination: reference: there is no Broker"},
		{"a sink that is not there", "name: default} # of the SinkBinding", "name: other}", "SinkBinding paceline/events: sink binding: sink: there is no Broker"},
		{"a binding of nobody", "matchLabels: {paceline.example/sends-events:", "matchLabels: {paceline.example/sends:", "SinkBinding paceline/events: sink binding: its subject is nobody"},
		{"a policy for nothing", "name: default} # of the policy", "name: other}", "EventPolicy paceline/who: event policy: to: there is no Broker other"},
		{"a policy for nobody", "serviceaccount:paceline:stats", "serviceaccount:paceline:statistics", "EventPolicy paceline/who: event policy: from: there is no ServiceAccount statistics"},
		{"a network policy for nobody", `paceline.example/uses-redis: "true" # of its pods`, `a: b`, "NetworkPolicy paceline/to-redis: network policy: its podSelector matches no pod"},
		{"a way out that is closed", `paceline.example/uses-redis: "true" # of its pods`, `a: b`, stats + "labels of its pods: it reads REDIS_URL, and its pods have no label paceline.example/uses-redis"},
		{"a network that is open one way", "policyTypes: [Ingress, Egress]", "policyTypes: [Ingress]", "clusters/any: default deny: no NetworkPolicy closes every pod of paceline both ways"},
		{"a Secret that nobody knows of", "name: paceline-redis, key", "name: paceline-rediss, key", stats + "what an operator brings: the README does not name the Secret paceline-rediss"},
		{"another's identity", "secretName: paceline-identity-stats", "secretName: paceline-identity-feed", stats + "what an operator brings: the README does not name the Secret paceline-identity-feed"},
		{"a ConfigMap that nobody knows of", "configMap: {name: paceline-jwks}", "configMap: {name: paceline-jwts}", stats + "what an operator brings: the README does not name the ConfigMap paceline-jwts"},
		{"a key that nobody knows of", "name: paceline-accounts, key: key", "name: paceline-accounts, key: keys", stats + "what an operator brings: the README does not name the key keys of the Secret paceline-accounts"},
		{"another's key", "key: stats", "key: feed", stats + "what an operator brings: the README does not name the key feed of the Secret paceline-redis"},
		{"variables that nobody knows of", "configMapRef: {name: paceline-config}", "configMapRef: {name: paceline-confg}", stats + "what an operator brings: the README does not name the ConfigMap paceline-confg"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := check(good(t, "clusters/any", c.old, c.new), rules(t))
			if !strings.Contains(strings.Join(found, "\n"), c.want) {
				t.Errorf("found\n%s\nwant %s", strings.Join(found, "\n"), c.want)
			}
		})
	}
}

func TestWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{
		"never asleep, with a reason":     {`max-scale: "50"`, `max-scale: "50"` + "\n        autoscaling.knative.dev/min-scale: \"1\"\n        paceline.example/min-scale-reason: 4 s to load the map"},
		"a start with its own patience":   {"          readinessProbe: # of stats", "          startupProbe: {httpGet: {path: /health/readiness}, failureThreshold: 30}\n          readinessProbe:"},
		"a Secret that need not be there": {"name: paceline-redis, key: stats", "name: paceline-other, key: other, optional: true"},
		"the RabbitMQ broker":             {"broker.class: Kafka", "broker.class: RabbitMQBroker"},
		"an address without a password":   {"https://example.org", "https://ann@example.org"},
	} {
		if found := check(good(t, "clusters/any", change[0], change[1]), rules(t)); len(found) > 0 {
			t.Errorf("%s: %q", name, found)
		}
	}
}

// A feature flag that the README names is one that an operator switches on.
func TestFlagsAreThoseOfTheReadme(t *testing.T) {
	t.Parallel()
	for readme, want := range map[string][]string{
		"Nothing.":                               {"authentication-oidc", "kubernetes.podspec-priorityclassname"},
		"Switch on `authentication-oidc`.":       {"kubernetes.podspec-priorityclassname"},
		"`kubernetes.podspec-priorityclassname`": {"authentication-oidc"},
		"`kubernetes.podspec-priorityclassname`, `authentication-oidc`": nil,
	} {
		all, err := House(root, readme)
		if err != nil {
			t.Fatal(err)
		}
		hooks := all[slices.IndexFunc(all, func(r Rule) bool { return r.Name == "webhook" })]
		found := check(good(t, "knative", "serviceAccountName: stats", "serviceAccountName: stats\n      priorityClassName: high"), []Rule{hooks})
		if len(found) != len(want) {
			t.Errorf("%s: %q", readme, found)
		}
		for _, flag := range want {
			if !strings.Contains(strings.Join(found, "\n"), "(needs the feature flag "+flag+")") {
				t.Errorf("%s: %s is not in %q", readme, flag, found)
			}
		}
	}
}

// What holds for clusters that keep events does not for one that is for trying,
// nor for the base.
func TestWhereEventsMayBeForgotten(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]int{"clusters/local": 0, "knative": 0, "clusters/s3-rabbitmq": 1} {
		s := good(t, name, "broker.class: Kafka", "broker.class: MTChannelBasedBroker")
		if found := check(s, rules(t)); len(found) != faults {
			t.Errorf("%s: %q", name, found)
		}
	}
}

// The checker of pods is what refuses, not our reading of it.
func TestRestrictedRefusesBadPods(t *testing.T) {
	t.Parallel()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	yes, no, root := true, false, int64(0)
	pod := func(change func(p *corev1.PodSpec, c *corev1.SecurityContext)) string {
		c := &corev1.SecurityContext{
			AllowPrivilegeEscalation: &no, RunAsNonRoot: &yes,
			Capabilities:   &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		}
		p := corev1.PodSpec{Containers: []corev1.Container{{Name: "c", SecurityContext: c}}}
		change(&p, c)
		return restricted(evaluator, metav1.ObjectMeta{}, p)
	}
	if why := pod(func(*corev1.PodSpec, *corev1.SecurityContext) {}); why != "" {
		t.Errorf("a good pod is refused: %s", why)
	}
	for want, change := range map[string]func(p *corev1.PodSpec, c *corev1.SecurityContext){
		"privileged":               func(_ *corev1.PodSpec, c *corev1.SecurityContext) { c.Privileged = &yes },
		"allowPrivilegeEscalation": func(_ *corev1.PodSpec, c *corev1.SecurityContext) { c.AllowPrivilegeEscalation = nil },
		"runAsNonRoot":             func(_ *corev1.PodSpec, c *corev1.SecurityContext) { c.RunAsNonRoot = &no },
		"runAsUser=0":              func(_ *corev1.PodSpec, c *corev1.SecurityContext) { c.RunAsUser = &root },
		"unrestricted capabilities": func(_ *corev1.PodSpec, c *corev1.SecurityContext) {
			c.Capabilities.Add = []corev1.Capability{"SYS_ADMIN"}
		},
		"seccompProfile":  func(_ *corev1.PodSpec, c *corev1.SecurityContext) { c.SeccompProfile = nil },
		"host namespaces": func(p *corev1.PodSpec, _ *corev1.SecurityContext) { p.HostNetwork = true },
		"hostPath": func(p *corev1.PodSpec, _ *corev1.SecurityContext) {
			p.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}}}
		},
	} {
		if why := pod(change); !strings.Contains(why, want) {
			t.Errorf("%s: refused for %q", want, why)
		}
	}
}
