package cluster_test

import (
	"encoding/base64"
	"testing"
	"testing/fstest"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	"sigs.k8s.io/yaml"

	"paceline/shared/broker/manifest"
	"paceline/shared/operator/cluster"
)

// listKinds is what the fake API server knows.
var listKinds = map[schema.GroupVersionResource]string{
	{Version: "v1", Resource: "secrets"}:                                       "SecretList",
	{Version: "v1", Resource: "configmaps"}:                                    "ConfigMapList",
	{Version: "v1", Resource: "namespaces"}:                                    "NamespaceList",
	{Version: "v1", Resource: "pods"}:                                          "PodList",
	{Group: "serving.knative.dev", Version: "v1", Resource: "services"}:        "ServiceList",
	{Group: "serving.knative.dev", Version: "v1", Resource: "revisions"}:       "RevisionList",
	{Group: "eventing.knative.dev", Version: "v1", Resource: "brokers"}:        "BrokerList",
	{Group: "eventing.knative.dev", Version: "v1", Resource: "triggers"}:       "TriggerList",
	{Group: "sources.knative.dev", Version: "v1", Resource: "pingsources"}:     "PingSourceList",
	{Group: "sources.knative.dev", Version: "v1", Resource: "sinkbindings"}:    "SinkBindingList",
	{Group: "messaging.knative.dev", Version: "v1", Resource: "subscriptions"}: "SubscriptionList",
}

// server is a fake cluster with the given objects.
func server(t *testing.T, docs ...string) (cluster.Namespace, *fake.FakeDynamicClient) {
	t.Helper()
	var objects []runtime.Object
	for _, doc := range docs {
		objects = append(objects, object(t, doc))
	}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), listKinds, objects...)
	return cluster.Namespace{Client: client, Name: "paceline"}, client
}

// object is a document of YAML.
func object(t *testing.T, doc string) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(doc), &u.Object); err != nil {
		t.Fatal(err)
	}
	u.SetNamespace("paceline")
	return u
}

// services are two functions, of which stats reads one more setting.
func services(t *testing.T, more ...string) []manifest.Service {
	t.Helper()
	files := fstest.MapFS{"gateway.yaml": {Data: []byte(serviceYAML("gateway", ""))}, "stats.yaml": {Data: []byte(serviceYAML("stats", statsEnv))}}
	for _, name := range more {
		files[name+".yaml"] = &fstest.MapFile{Data: []byte(serviceYAML(name, ""))}
	}
	set, err := manifest.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return set.Services
}

const statsEnv = `
            - name: REDIS_URL
              valueFrom: {secretKeyRef: {name: paceline-redis, key: stats, optional: true}}
            - name: OBJECTS_URL
              valueFrom: {configMapKeyRef: {name: paceline-config, key: objects-url}}`

func serviceYAML(name, env string) string {
	return `apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: ` + name + `, namespace: paceline}
spec:
  template:
    spec:
      containers:
        - image: ko://paceline/functions/cmd/` + name + `
          env:
            - {name: IDENTITY_KEY_FILE, value: /etc/paceline/identity/key.pem}
            - {name: IDENTITY_JWKS_FILE, value: /etc/paceline/keys/jwks.json}` + env + `
          volumeMounts:
            - {name: identity, mountPath: /etc/paceline/identity, readOnly: true}
            - {name: keys, mountPath: /etc/paceline/keys, readOnly: true}
      volumes:
        - name: identity
          secret: {secretName: paceline-identity-` + name + `}
        - name: keys
          configMap: {name: paceline-jwks}
`
}

// data is what a Secret (still encoded) or ConfigMap of the cluster holds.
func data(t *testing.T, client *fake.FakeDynamicClient, resource, name string) map[string]string {
	t.Helper()
	u, err := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: resource}).Namespace("paceline").Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := unstructured.NestedStringMap(u.Object, "data")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var getOptions = metav1.GetOptions{}

// named is what every object is.
type named interface{ GetName() string }

// secretOf is a Secret as the API server keeps it.
func secretOf(name string, values map[string]string) *unstructured.Unstructured {
	encoded := map[string]any{}
	for k, v := range values {
		encoded[k] = base64.StdEncoding.EncodeToString([]byte(v))
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": name, "namespace": "paceline"}, "data": encoded,
	}}
}
