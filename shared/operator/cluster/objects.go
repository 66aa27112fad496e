package cluster

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/util/retry"
)

// DefaultNamespace is where the manifests put the platform.
const DefaultNamespace = "paceline"

// partOf marks what belongs to the platform.
const partOf = "app.kubernetes.io/part-of"

var (
	secrets    = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
)

func resourceOf(kind string) schema.GroupVersionResource {
	if kind == Secret {
		return secrets
	}
	return configMaps
}

// Object is a Secret or ConfigMap, with what it holds in clear.
type Object struct {
	Kind, Name string
	Data       map[string]string
}

// id tells objects apart.
func (o Object) id() string { return o.Kind + "/" + o.Name }

// unstructured is the object as the API server takes it.
func (o Object) unstructured(namespace string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": o.Kind,
		"metadata": map[string]any{"name": o.Name, "namespace": namespace, "labels": map[string]any{partOf: DefaultNamespace}},
	}}
	if o.Kind == Secret {
		u.Object["type"] = "Opaque"
	}
	o.fill(u)
	return u
}

// fill replaces the data of u by that of o.
func (o Object) fill(u *unstructured.Unstructured) {
	data := map[string]any{}
	for k, v := range o.Data {
		if o.Kind == Secret {
			v = base64.StdEncoding.EncodeToString([]byte(v))
		}
		data[k] = v
	}
	u.Object["data"] = data
}

// objectOf reads what the API server gave.
func objectOf(kind string, u *unstructured.Unstructured) (Object, error) {
	o := Object{Kind: kind, Name: u.GetName(), Data: map[string]string{}}
	data, _, err := unstructured.NestedStringMap(u.Object, "data")
	if err != nil {
		return o, fmt.Errorf("%s %s: %w", kind, o.Name, err)
	}
	for k, v := range data {
		if kind == Secret {
			raw, err := base64.StdEncoding.DecodeString(v)
			if err != nil {
				return o, fmt.Errorf("secret %s: %s: %w", o.Name, k, err)
			}
			v = string(raw)
		}
		o.Data[k] = v
	}
	return o, nil
}

// Namespace is the platform's place in a cluster.
type Namespace struct {
	Client dynamic.Interface
	Name   string
	Raw    Raw // what is no object
}

// get reads an object; one that is not there is empty, and found is false.
func (n Namespace) get(ctx context.Context, kind, name string) (o Object, found bool, err error) {
	u, err := n.Client.Resource(resourceOf(kind)).Namespace(n.Name).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return Object{Kind: kind, Name: name, Data: map[string]string{}}, false, nil
	}
	if err != nil {
		return Object{}, false, fmt.Errorf("%s %s: %w", kind, name, err)
	}
	o, err = objectOf(kind, u)
	return o, true, err
}

// Outcome is what became of an object.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Changed   Outcome = "changed"
	Unchanged Outcome = "unchanged"
)

// update applies change to what an object holds, as often as somebody else
// was faster, and writes it when that made a difference.
func (n Namespace) update(ctx context.Context, kind, name string, change func(data map[string]string) error) (Outcome, error) {
	outcome := Unchanged
	client := n.Client.Resource(resourceOf(kind)).Namespace(n.Name)
	raced := func(err error) bool { return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) }
	err := retry.OnError(retry.DefaultBackoff, raced, func() error {
		u, err := client.Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			o := Object{Kind: kind, Name: name, Data: map[string]string{}}
			if err := change(o.Data); err != nil {
				return err
			}
			outcome = Created
			_, err = client.Create(ctx, o.unstructured(n.Name), metav1.CreateOptions{})
			return err
		}
		if err != nil {
			return err
		}
		o, err := objectOf(kind, u)
		if err != nil {
			return err
		}
		before := maps.Clone(o.Data)
		if err := change(o.Data); err != nil {
			return err
		}
		if outcome = Unchanged; maps.Equal(before, o.Data) {
			return nil
		}
		o.fill(u)
		outcome = Changed
		_, err = client.Update(ctx, u, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", kind, name, err)
	}
	return outcome, nil
}

// Ensure makes the namespace when it is not there.
func (n Namespace) Ensure(ctx context.Context) error {
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace",
		"metadata": map[string]any{"name": n.Name, "labels": map[string]any{partOf: DefaultNamespace}},
	}}
	_, err := n.Client.Resource(namespaces).Get(ctx, n.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err = n.Client.Resource(namespaces).Create(ctx, u, metav1.CreateOptions{})
	}
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("namespace %s: %w", n.Name, err)
	}
	return nil
}
