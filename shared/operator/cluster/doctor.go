package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"paceline/shared/broker/manifest"
	"paceline/shared/function/identity"
)

var (
	knativeServices = schema.GroupVersionResource{Group: "serving.knative.dev", Version: "v1", Resource: "services"}
	revisions       = schema.GroupVersionResource{Group: "serving.knative.dev", Version: "v1", Resource: "revisions"}
	brokers         = schema.GroupVersionResource{Group: "eventing.knative.dev", Version: "v1", Resource: "brokers"}
	triggers        = schema.GroupVersionResource{Group: "eventing.knative.dev", Version: "v1", Resource: "triggers"}
	pingSources     = schema.GroupVersionResource{Group: "sources.knative.dev", Version: "v1", Resource: "pingsources"}
	pods            = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
)

// Finding is one thing that is wrong, and what mends it.
type Finding struct {
	About string `json:"about"` // kind/name
	What  string `json:"what"`
	Fix   string `json:"fix"`
	Note  bool   `json:"note,omitempty"` // worth knowing, and not wrong
}

// Doctor looks at a cluster; it changes nothing.
type Doctor struct {
	Namespace Namespace
	Logs      Logs
	Wanted    *manifest.Set // what the cluster was told
	Now       func() time.Time

	found []Finding
	local bool                        // the stores are on the node
	live  map[string]manifest.Service // by name
}

func (d *Doctor) say(about, fix, what string, args ...any) {
	d.found = append(d.found, Finding{About: about, Fix: fix, What: fmt.Sprintf(what, args...)})
}

// Examine returns what is wrong, what others follow from first. Its error says
// that the cluster could not be asked.
func (d *Doctor) Examine(ctx context.Context) ([]Finding, error) {
	namespace, err := d.Namespace.Client.Resource(namespaces).Get(ctx, d.Namespace.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		d.say("namespace/"+d.Namespace.Name, "make deploy, or name another with -n", "there is no such namespace")
		return d.found, nil
	}
	if err != nil && !apierrors.IsForbidden(err) { // an operator of one namespace may not look at it
		return nil, fmt.Errorf("ask the cluster: %w", err)
	}
	d.local = err == nil && namespace.GetLabels()[localLabel] == "local"
	for _, look := range []func(context.Context) error{d.services, d.settings, d.plain, d.keys, d.issuer, d.eventing} {
		if err := look(ctx); err != nil {
			return d.found, err
		}
	}
	return d.found, nil
}

// list reads every object of a kind in the namespace.
func (d *Doctor) list(ctx context.Context, kind schema.GroupVersionResource, options metav1.ListOptions) ([]unstructured.Unstructured, error) {
	l, err := d.Namespace.Client.Resource(kind).Namespace(d.Namespace.Name).List(ctx, options)
	if apierrors.IsNotFound(err) {
		return nil, errMissingKind{kind.Group}
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", kind.Resource, err)
	}
	return l.Items, nil
}

// errMissingKind says that the cluster does not know a group of kinds.
type errMissingKind struct{ group string }

func (e errMissingKind) Error() string { return "the cluster does not know " + e.group }

// services finds functions that are not there or not ready.
func (d *Doctor) services(ctx context.Context) error {
	d.live = map[string]manifest.Service{}
	objects, err := d.list(ctx, knativeServices, metav1.ListOptions{})
	var missing errMissingKind
	if errors.As(err, &missing) {
		d.say("cluster", "install Knative Serving", "%v", err)
		return nil
	}
	if err != nil {
		return err
	}
	for _, u := range objects {
		var s manifest.Service
		if err := convert(u, &s); err != nil {
			return err
		}
		d.live[u.GetName()] = s
		if err := d.ready(ctx, u); err != nil {
			return err
		}
	}
	for _, s := range d.Wanted.Services {
		if _, there := d.live[s.Metadata.Name]; !there {
			d.say("service/"+s.Metadata.Name, "make deploy", "the function is not deployed")
		}
	}
	return nil
}

// convert reads what of an object we know; a cluster adds fields of its own.
func convert(u unstructured.Unstructured, v any) error {
	b, err := json.Marshal(u.Object)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", u.GetKind(), u.GetName(), err)
	}
	return nil
}

// settings finds Secrets and ConfigMaps, or keys of them, that a function
// refers to and that are not there.
func (d *Doctor) settings(ctx context.Context) error {
	config, _, err := d.Namespace.get(ctx, ConfigMap, configObject)
	if err != nil {
		return err
	}
	objects := map[string]Object{}
	said := map[string]bool{}
	for _, name := range sortedKeys(d.live) {
		for _, n := range needsWith(d.live[name], kekOf("", config)) {
			id := n.Kind + "/" + n.Name
			o, known := objects[id]
			if !known {
				var found bool
				var err error
				if o, found, err = d.Namespace.get(ctx, n.Kind, n.Name); err != nil {
					return err
				}
				if !found {
					o.Data = nil
				}
				objects[id] = o
			}
			if _, has := o.Data[n.Key]; (has || n.Key == "" && o.Data != nil) || said[id+n.Key+n.Service] {
				continue
			}
			said[id+n.Key+n.Service] = true
			what := fmt.Sprintf("%s wants its key %s", n.Service, n.Key)
			if n.Variable != "" {
				what += " for " + n.Variable
			}
			if o.Data == nil {
				d.say(strings.ToLower(id), fixOf(n), "the %s is missing; %s", n.Kind, what)
			} else {
				d.say(strings.ToLower(id), fixOf(n), "%s, which is missing", what)
			}
		}
	}
	return nil
}

// fixOf is the command that makes what a function needs.
func fixOf(n Need) string {
	if n.Key == "" || n.Key == kekURI || n.Name == kekObject || n.Name == jwksObject || n.Name+"/"+n.Key == issuerAt || strings.HasPrefix(n.Name, identityPrefix) || n.Name == "paceline-accounts" {
		return "kn paceline secrets"
	}
	_, flag := Settings{}.value(n)
	if !strings.HasSuffix(flag, "…") {
		flag += " …"
	}
	return "kn paceline secrets " + flag
}

// keys finds parts whose signatures others refuse, and rotations that nobody
// went on with.
func (d *Doctor) keys(ctx context.Context) error {
	set, err := Keys{d.Namespace}.KeySet(ctx)
	if errors.Is(err, errNoJWKS) {
		return nil // which settings says of every function
	}
	if err != nil {
		d.say("configmap/"+jwksObject, "kn paceline secrets, after the key "+jwksKey+" was taken out", "its key %s cannot be read: %v", jwksKey, err)
		return nil
	}
	for _, name := range sortedKeys(d.live) {
		o, found, err := d.Namespace.get(ctx, Secret, identityPrefix+name)
		if err != nil {
			return err
		}
		if !found || o.Data[identityKey] == "" {
			continue
		}
		about := "secret/" + o.Name
		key, err := identity.ParseKey(name, []byte(o.Data[identityKey]))
		switch {
		case err != nil:
			d.say(about, "delete the Secret, then kn paceline secrets, then restart "+name, "its key %s is no key: %v", identityKey, err)
		case !slices.Contains(set.Signing(), key.ID()):
			d.say(about, "kn paceline secrets", "its public half is not in the ConfigMap %s: others refuse what %s signs", jwksObject, name)
		}
	}
	if r := set.Rotation; r != nil && d.Now().Sub(r.Since) > time.Hour {
		d.say("configmap/"+jwksObject, "kn paceline key rotate, which goes on with it", "a rotation of keys has been at the stage %q since %s", r.Stage, r.Since.Format(time.RFC3339))
	}
	return nil
}

// issuer finds out whether the cluster signs tokens with keys that functions
// were not told of.
func (d *Doctor) issuer(ctx context.Context) error {
	o, found, err := d.Namespace.get(ctx, ConfigMap, jwksObject)
	_, file, _ := strings.Cut(issuerKeysAt, "/")
	if err != nil || !found || o.Data[file] == "" || d.Namespace.Raw == nil {
		return err
	}
	now, err := d.Namespace.Raw(ctx, "/openid/v1/jwks")
	if err != nil {
		d.found = append(d.found, Finding{About: "configmap/" + jwksObject, What: "the cluster's own keys could not be compared: " + err.Error(), Fix: "ask with an account that may read /openid/v1/jwks", Note: true})
		return nil
	}
	var told, are any
	if json.Unmarshal([]byte(o.Data[file]), &told) != nil || json.Unmarshal(now, &are) != nil || !reflect.DeepEqual(told, are) {
		d.say("configmap/"+jwksObject, "kn paceline secrets", "the cluster signs with other keys than its key %s says: functions refuse deliveries", file)
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	return keys
}
