package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// condition is one of an object's status conditions.
type condition struct {
	Type, Status, Reason, Message string
}

func (c condition) String() string {
	text := strings.TrimSpace(c.Reason + " " + strings.TrimSpace(c.Message))
	return cmp.Or(text, "it has not said yet")
}

// conditionOf is a condition; one that is not there is all empty.
func conditionOf(u unstructured.Unstructured, kind string) condition {
	var status struct{ Conditions []condition }
	value, _, _ := unstructured.NestedFieldNoCopy(u.Object, "status")
	if value == nil || convertValue(value, &status) != nil {
		return condition{}
	}
	for _, c := range status.Conditions {
		if c.Type == kind {
			return c
		}
	}
	return condition{}
}

func convertValue(value, into any) error {
	b, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// ready says why a function is not ready: what its container said last, why its
// image does not come, or what its newest revision's conditions tell.
func (d *Doctor) ready(ctx context.Context, u unstructured.Unstructured) error {
	c := conditionOf(u, "Ready")
	if c.Status == "True" {
		return nil
	}
	name := u.GetName()
	about := "service/" + name
	if because, fix, err := d.container(ctx, name); err != nil || because != "" {
		if err == nil {
			d.say(about, fix, "%s", because)
		}
		return err
	}
	revision, _, _ := unstructured.NestedString(u.Object, "status", "latestCreatedRevisionName")
	if revision != "" {
		r, err := d.Namespace.Client.Resource(revisions).Namespace(d.Namespace.Name).Get(ctx, revision, metav1.GetOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("revision %s: %w", revision, err)
		}
		if err == nil {
			if of := conditionOf(*r, "Ready"); of.Status != "True" && of.Reason != "" {
				c = of
			}
		}
	}
	d.say(about, d.fixOfReason(name, c.Reason+" "+c.Message), "it is not ready: %s%s", c.Reason+" ", saidBy(c.Message))
	return nil
}

// fixOfReason is what mends what a reason names.
func (d *Doctor) fixOfReason(name, text string) string {
	switch {
	case has(text, "image", "ContainerMissing", "MANIFEST_UNKNOWN", "ImagePull"):
		return "make images deploy: the image is not where the Service says, or the cluster may not read it"
	case has(text, "secret", "configmap", "CreateContainerConfigError"):
		return "kn paceline secrets"
	case has(text, "configuration:", "_URL", "_FILE", "environment variable"):
		return "mend the variable that it names: kn service describe " + name + " -n " + d.Namespace.Name
	case has(text, "quota", "Insufficient"):
		return "give the cluster room, or lower the limits in knative/functions/" + name + ".yaml"
	}
	return "kn revision list -s " + name + " -n " + d.Namespace.Name
}

func has(text string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(strings.ToLower(text), strings.ToLower(w)) {
			return true
		}
	}
	return false
}

// pod is what we look at of a pod.
type pod struct {
	Status struct {
		ContainerStatuses []struct {
			Name         string
			RestartCount int
			State        struct{ Waiting, Terminated *ended }
			LastState    struct{ Terminated *ended }
		}
	}
}

// ended is why a container does not run.
type ended struct {
	Reason, Message string
	ExitCode        int
}

// userContainer is what Knative calls the container of a Service that has none
// of its own name for it.
const userContainer = "user-container"

// container looks at the pods of a function for one that does not run.
func (d *Doctor) container(ctx context.Context, name string) (because, fix string, err error) {
	objects, err := d.list(ctx, pods, metav1.ListOptions{LabelSelector: "serving.knative.dev/service=" + name})
	if err != nil {
		return "", "", err
	}
	for _, u := range objects {
		var p pod
		if err := convert(u, &p); err != nil {
			return "", "", err
		}
		for _, c := range p.Status.ContainerStatuses {
			if c.Name != userContainer {
				continue
			}
			crashed := c.LastState.Terminated
			if c.State.Terminated != nil {
				crashed = c.State.Terminated
			}
			if crashed != nil && (c.State.Waiting != nil || c.State.Terminated != nil) {
				line := d.firstError(ctx, u.GetName(), c.RestartCount > 0 && c.State.Terminated == nil, crashed.Message)
				return fmt.Sprintf("its container ends with exit code %d: %s", crashed.ExitCode, line), d.fixOfReason(name, line), nil
			}
			if w := c.State.Waiting; w != nil && w.Reason != "ContainerCreating" && w.Reason != "PodInitializing" {
				text := strings.TrimSpace(w.Reason + " " + w.Message)
				return "its container does not start: " + text, d.fixOfReason(name, text), nil
			}
		}
	}
	return "", "", nil
}

// firstError is the first line of a log that tells of an error, or what the
// pod itself says when the log is gone.
func (d *Doctor) firstError(ctx context.Context, pod string, previous bool, otherwise string) string {
	if d.Logs != nil {
		if text, err := d.Logs(ctx, pod, userContainer, previous); err == nil && strings.TrimSpace(text) != "" {
			otherwise = text
		}
	}
	return cmp.Or(saidBy(otherwise), "it said nothing")
}

// saidBy is the first line of a text that tells of an error, without what a log
// line has around it; without such a line it is the text.
func saidBy(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		var record struct{ Level, Msg, Error string }
		if i := strings.IndexByte(line, '{'); i >= 0 && json.Unmarshal([]byte(line[i:]), &record) == nil && record.Level == "ERROR" {
			return strings.Trim(record.Msg+": "+record.Error, ": ")
		}
		if strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") {
			return line
		}
	}
	return strings.TrimSpace(text)
}
