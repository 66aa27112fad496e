package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"paceline/shared/broker/manifest"
)

// eventing finds brokers, triggers and schedules that do not deliver.
func (d *Doctor) eventing(ctx context.Context) error {
	live, err := d.conditions(ctx)
	var missing errMissingKind
	if errors.As(err, &missing) {
		d.say("cluster", "install Knative Eventing", "%v", err)
		return nil
	}
	if err != nil {
		return err
	}
	for _, b := range d.Wanted.Brokers {
		if _, there := live["broker/"+b.Metadata.Name]; !there {
			d.say("broker/"+b.Metadata.Name, "make deploy", "the broker is missing: no event is delivered")
		}
	}
	for _, p := range d.Wanted.PingSources {
		if _, there := live["pingsource/"+p.Metadata.Name]; !there {
			d.say("pingsource/"+p.Metadata.Name, "make deploy", "the schedule is missing")
		}
	}
	wanted := map[string]manifest.Trigger{}
	for _, t := range d.Wanted.Triggers {
		wanted[t.Metadata.Name] = t
		if _, there := live["trigger/"+t.Metadata.Name]; !there {
			d.say("trigger/"+t.Metadata.Name, "make deploy", "the trigger is missing: %s does not hear %s", t.Spec.Subscriber.Ref.Name, t.Spec.Filter.Attributes["type"])
		}
	}
	for _, id := range sortedKeys(live) {
		if strings.HasPrefix(id, "trigger/") {
			if err := d.trigger(live[id], wanted); err != nil {
				return err
			}
		}
	}
	return nil
}

// conditions reads brokers, triggers and schedules, and says which is not ready.
func (d *Doctor) conditions(ctx context.Context) (map[string]unstructured.Unstructured, error) {
	live := map[string]unstructured.Unstructured{}
	for _, kind := range []struct {
		name     string
		resource schema.GroupVersionResource
		fix      string
	}{
		{"broker", brokers, "kn broker describe %s -n %s; is the broker class of the overlay installed?"},
		{"trigger", triggers, "kn trigger describe %s -n %s"},
		{"pingsource", pingSources, "kn source ping describe %s -n %s"},
	} {
		objects, err := d.list(ctx, kind.resource, metav1.ListOptions{})
		if err != nil {
			return nil, err
		}
		for _, u := range objects {
			live[kind.name+"/"+u.GetName()] = u
			if c := conditionOf(u, "Ready"); c.Status != "True" {
				d.say(kind.name+"/"+u.GetName(), fmt.Sprintf(kind.fix, u.GetName(), d.Namespace.Name), "it is not ready: %s", c)
			}
		}
	}
	return live, nil
}

// trigger finds one that leads nowhere, or that somebody paused.
func (d *Doctor) trigger(u unstructured.Unstructured, wanted map[string]manifest.Trigger) error {
	var live manifest.Trigger
	// A filter is compared as text: a live trigger holds fields that we do not know.
	for _, field := range []struct {
		path []string
		into any
	}{{[]string{"spec", "subscriber"}, &live.Spec.Subscriber}, {[]string{"spec", "filter"}, &live.Spec.Filter}, {[]string{"spec", "filters"}, &live.Spec.Filters}} {
		value, found, err := unstructured.NestedFieldNoCopy(u.Object, field.path...)
		if err != nil || !found {
			continue
		}
		if err := convertValue(value, field.into); err != nil {
			return fmt.Errorf("trigger %s: %w", u.GetName(), err)
		}
	}
	about := "trigger/" + u.GetName()
	if ref := live.Spec.Subscriber.Ref; ref != nil && ref.Kind == "Service" && ref.APIVersion == "serving.knative.dev/v1" {
		if _, there := d.live[ref.Name]; !there {
			d.say(about, "make deploy, or kn trigger delete "+u.GetName()+" -n "+d.Namespace.Name, "its subscriber, the function %s, is missing", ref.Name)
		}
	}
	want, known := wanted[u.GetName()]
	if known && (!reflect.DeepEqual(attributesOf(want), attributesOf(live)) || len(live.Spec.Filters) != len(want.Spec.Filters)) {
		d.say(about, "kn paceline trigger resume "+u.GetName(), "somebody changed its filter to %v: what it lets through no more does not come again", attributesOf(live))
	}
	if to := live.Spec.Subscriber; known && to.URI == pausedURI {
		d.say(about, "kn paceline trigger resume "+u.GetName(), "it is paused: events become dead letters when the broker has tried long enough")
	} else if known && to.URI != want.Spec.Subscriber.URI {
		d.say(about, "kn paceline trigger resume "+u.GetName(), "somebody changed where it leads: path %q, and %q is where events are heard", to.URI, want.Spec.Subscriber.URI)
	}
	return nil
}

func attributesOf(t manifest.Trigger) map[string]string {
	if t.Spec.Filter == nil {
		return map[string]string{}
	}
	return maps.Clone(t.Spec.Filter.Attributes)
}
