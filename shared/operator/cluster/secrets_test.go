package cluster_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ktesting "k8s.io/client-go/testing"

	"paceline/shared/broker/manifest"
	"paceline/shared/function/identity"
	"paceline/shared/operator/cluster"
)

var settings = cluster.Settings{RedisURL: "rediss://{function}:pw@redis:6379", ObjectsURL: "s3://paceline"}

// writes counts what was sent to change something.
func writes(actions []ktesting.Action) (n int) {
	for _, a := range actions {
		if a.GetVerb() != "get" && a.GetVerb() != "list" {
			n++
		}
	}
	return n
}

func TestNeedsAreWhatTheServiceNames(t *testing.T) {
	t.Parallel()
	var got []string
	for _, n := range cluster.Needs(services(t)[1]) {
		got = append(got, fmt.Sprintf("%s %s/%s for %s of %s", n.Kind, n.Name, n.Key, n.Variable, n.Service))
	}
	want := []string{
		"ConfigMap paceline-config/objects-url for OBJECTS_URL of stats",
		"ConfigMap paceline-jwks/jwks.json for IDENTITY_JWKS_FILE of stats",
		"Secret paceline-identity-stats/key.pem for IDENTITY_KEY_FILE of stats",
		"Secret paceline-redis/stats for REDIS_URL of stats",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAFreshClusterGetsWhatItNeeds(t *testing.T) {
	t.Parallel()
	n, client := server(t)
	results, err := n.Apply(t.Context(), services(t), settings)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Outcome != cluster.Created {
			t.Errorf("%+v", r)
		}
	}
	if url, _ := base64.StdEncoding.DecodeString(data(t, client, "secrets", "paceline-redis")["stats"]); string(url) != "rediss://stats:pw@redis:6379" {
		t.Errorf("REDIS_URL of stats: %s", url)
	}
	if got := data(t, client, "configmaps", "paceline-config"); got["objects-url"] != "s3://paceline" {
		t.Errorf("config: %v", got)
	}
	set, err := identity.ParseKeySet([]byte(data(t, client, "configmaps", "paceline-jwks")["jwks.json"]))
	if err != nil {
		t.Fatal(err)
	}
	for _, issuer := range []string{"gateway", "stats"} {
		raw, _ := base64.StdEncoding.DecodeString(data(t, client, "secrets", "paceline-identity-"+issuer)["key.pem"])
		key, err := identity.ParseKey(issuer, raw)
		if err != nil || !set.Has(key.ID()) {
			t.Errorf("%s: the key %s is not in the JWKS: %v", issuer, key.ID(), err)
		}
	}
}

func TestASecondRunChangesNothing(t *testing.T) {
	t.Parallel()
	n, client := server(t)
	if _, err := n.Apply(t.Context(), services(t), settings); err != nil {
		t.Fatal(err)
	}
	client.ClearActions()
	for _, again := range []cluster.Settings{settings, {}} {
		results, err := n.Apply(t.Context(), services(t), again)
		if err != nil || len(results) != 5 {
			t.Fatalf("%v %v", results, err)
		}
		for _, r := range results {
			if r.Outcome != cluster.Unchanged {
				t.Errorf("%+v", r)
			}
		}
	}
	if w := writes(client.Actions()); w != 0 {
		t.Errorf("%d writes", w)
	}
}

func TestANewFunctionGetsItsKeyAndTheOthersKeepTheirs(t *testing.T) {
	t.Parallel()
	n, client := server(t)
	if _, err := n.Apply(t.Context(), services(t), settings); err != nil {
		t.Fatal(err)
	}
	before := data(t, client, "secrets", "paceline-identity-stats")
	if _, err := n.Apply(t.Context(), services(t, "feed"), cluster.Settings{ObjectsURL: "gs://paceline"}); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(before, data(t, client, "secrets", "paceline-identity-stats")) {
		t.Error("the key of stats was replaced")
	}
	set, _ := identity.ParseKeySet([]byte(data(t, client, "configmaps", "paceline-jwks")["jwks.json"]))
	if !slices.Equal(set.Issuers(), []string{"feed", "gateway", "stats"}) || len(set.Keys) != 3 {
		t.Errorf("keys: %+v", set.Keys)
	}
	if got := data(t, client, "configmaps", "paceline-config")["objects-url"]; got != "gs://paceline" {
		t.Errorf("an address whose flag is given is replaced; it is %s", got)
	}
}

func TestWhatOnlyAnOperatorKnowsIsAskedFor(t *testing.T) {
	t.Parallel()
	n, client := server(t)
	_, err := n.Apply(t.Context(), services(t), cluster.Settings{Values: map[string]string{"paceline-nothing/key": "x"}})
	for _, want := range []string{"--redis-url", "--objects-url", "--value paceline-nothing/key: no manifest refers to it"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
	if _, err := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "secrets"}).Namespace("paceline").Get(t.Context(), "paceline-redis", getOptions); err == nil {
		t.Error("something was written all the same")
	}
}

// Two operators at once: the one that is later finds other keys than it made,
// and gives its own up.
func TestAKeyThatSomebodyMakesMeanwhileIsTheirs(t *testing.T) {
	t.Parallel()
	n, client := server(t)
	other, first := []byte{}, true
	client.PrependReactor("create", "secrets", func(a ktesting.Action) (bool, runtime.Object, error) {
		if a.(ktesting.CreateAction).GetObject().(named).GetName() != "paceline-identity-stats" || !first {
			return false, nil, nil
		}
		first = false
		other, _ = identity.GenerateKey()
		theirs := secretOf("paceline-identity-stats", map[string]string{"key.pem": string(other)})
		if err := client.Tracker().Create(a.GetResource(), theirs, "paceline"); err != nil {
			t.Error(err)
		}
		return true, nil, apierrors.NewAlreadyExists(a.GetResource().GroupResource(), "paceline-identity-stats")
	})
	if _, err := n.Apply(context.Background(), services(t), settings); err == nil || !strings.Contains(err.Error(), "run the command again") {
		t.Fatalf("error %v", err)
	}
	if _, err := n.Apply(context.Background(), services(t), settings); err != nil {
		t.Fatal(err)
	}
	raw, _ := base64.StdEncoding.DecodeString(data(t, client, "secrets", "paceline-identity-stats")["key.pem"])
	set, _ := identity.ParseKeySet([]byte(data(t, client, "configmaps", "paceline-jwks")["jwks.json"]))
	key, err := identity.ParseKey("stats", other)
	if err != nil || string(raw) != string(other) || !set.Has(key.ID()) {
		t.Errorf("the key that was there first is gone: %v", err)
	}
}

func TestYAMLIsWhatApplyWrites(t *testing.T) {
	t.Parallel()
	objects, err := cluster.Complete(services(t), settings, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := cluster.YAML("paceline", objects)
	if err != nil {
		t.Fatal(err)
	}
	n, client := server(t, strings.Split(strings.TrimPrefix(string(text), "---\n"), "---\n")...)
	client.ClearActions()
	results, err := n.Apply(t.Context(), services(t), cluster.Settings{})
	if err != nil || len(results) != 5 || slices.ContainsFunc(results, func(r cluster.Result) bool { return r.Outcome != cluster.Unchanged }) {
		t.Errorf("after kubectl apply of the YAML: %v %v", results, err)
	}
}

// Where a KMS keeps the key, none is made; elsewhere one is, once.
func TestTheKeyOfEverythingSealed(t *testing.T) {
	t.Parallel()
	const kms = "aws-kms://arn:aws:kms:eu-central-1:123456789012:key/1"
	sealing, err := manifest.Services("seal.yaml", []byte(`apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: stats}
spec:
  template:
    spec:
      containers:
        - image: ko://paceline/functions/cmd/stats
          env:
            - name: KEK_URI
              valueFrom: {configMapKeyRef: {name: paceline-config, key: kek-uri}}
          volumeMounts:
            - {name: kek, mountPath: /etc/paceline/kek}
      volumes:
        - name: kek
          secret: {secretName: paceline-kek, optional: true}
`))
	if err != nil {
		t.Fatal(err)
	}
	made := func(s cluster.Settings, have ...cluster.Object) (uri, key string) {
		t.Helper()
		objects, err := cluster.Complete(sealing, s, have)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			switch o.Name {
			case "paceline-config":
				uri = o.Data["kek-uri"]
			case "paceline-kek":
				key = o.Data["kek.json"]
			}
		}
		return uri, key
	}
	uri, key := made(cluster.Settings{})
	if uri != "file:///etc/paceline/kek/kek.json" || key == "" {
		t.Errorf("without a KMS: %q, a key of %d bytes", uri, len(key))
	}
	config := cluster.Object{Kind: cluster.ConfigMap, Name: "paceline-config", Data: map[string]string{"kek-uri": kms}}
	for name, got := range map[string][2]string{"asked for": pair(made(cluster.Settings{KEKURI: kms})), "there before": pair(made(cluster.Settings{}, config))} {
		if got != [2]string{kms, ""} {
			t.Errorf("a KMS that is %s: %q", name, got)
		}
	}
}

func pair(a, b string) [2]string { return [2]string{a, b} }
