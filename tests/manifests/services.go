package manifests

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

const (
	gateway = "gateway" // the one public function
	// minScaleReason says, on a revision that never sleeps, which figure wants it so.
	minScaleReason = "paceline.example/min-scale-reason"
)

// services are the rules of a Knative Service; root is where functions/cmd lies.
func services(root string) []Rule {
	type ksvc = *servingv1.Service
	return []Rule{
		{"image", each(func(_ *Set, k ksvc, report func(string, ...any)) {
			for _, c := range k.Spec.Template.Spec.Containers {
				main, ok := strings.CutPrefix(c.Image, "ko://paceline/")
				if _, err := os.Stat(filepath.Join(root, main, "main.go")); !ok || err != nil {
					report("%s is no main of ours that ko could build", c.Image)
				}
			}
		})},
		{"read-only root", eachContainer(func(c corev1.Container, report func(string, ...any)) {
			if c.SecurityContext == nil || !isTrue(c.SecurityContext.ReadOnlyRootFilesystem) {
				report("readOnlyRootFilesystem is to be true")
			}
		})},
		{"service account", each(func(s *Set, k ksvc, report func(string, ...any)) {
			spec := k.Spec.Template.Spec
			if !isFalse(spec.AutomountServiceAccountToken) {
				report("automountServiceAccountToken is to be false")
			}
			if spec.ServiceAccountName != k.Name {
				report("runs as the ServiceAccount %q, which is not its own", spec.ServiceAccountName)
			}
			account := s.find("ServiceAccount", k.Namespace, spec.ServiceAccountName)
			if account == nil {
				report("there is no ServiceAccount %q", spec.ServiceAccountName)
			} else if a, ok := account.Typed.(*corev1.ServiceAccount); ok && !isFalse(a.AutomountServiceAccountToken) {
				report("automountServiceAccountToken of its ServiceAccount is to be false")
			}
		})},
		{"no secret in the open", eachContainer(func(c corev1.Container, report func(string, ...any)) {
			for _, e := range c.Env {
				if why := openSecret(e.Name, e.Value); why != "" {
					report("%s %s: it belongs into a Secret", e.Name, why)
				}
			}
		})},
		{"resources", eachContainer(func(c corev1.Container, report func(string, ...any)) {
			for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
				request, limit := c.Resources.Requests[name], c.Resources.Limits[name]
				if request.IsZero() || limit.IsZero() {
					report("%s has no request or no limit", name)
				} else if request.Cmp(limit) > 0 {
					report("%s: the request %s is more than the limit %s", name, &request, &limit)
				}
			}
		})},
		{"probes", eachContainer(func(c corev1.Container, report func(string, ...any)) {
			for _, p := range []struct {
				name, path string
				probe      *corev1.Probe
			}{{"readinessProbe", "/health/readiness", c.ReadinessProbe}, {"livenessProbe", "/health/liveness", c.LivenessProbe}} {
				if p.probe == nil || p.probe.HTTPGet == nil || p.probe.HTTPGet.Path != p.path {
					report("%s is to ask %s", p.name, p.path)
				}
			}
			if c.StartupProbe != nil && (c.StartupProbe.HTTPGet == nil || c.StartupProbe.HTTPGet.Path != "/health/readiness") {
				report("startupProbe is to ask /health/readiness")
			}
		})},
		{"scale", each(func(_ *Set, k ksvc, report func(string, ...any)) { scale(k, report) })},
		{"visibility", each(func(_ *Set, k ksvc, report func(string, ...any)) {
			if local := k.Labels["networking.knative.dev/visibility"] == "cluster-local"; local == (k.Name == gateway) {
				report("only %s is public, and it is", gateway)
			}
		})},
	}
}

func scale(k *servingv1.Service, report func(string, ...any)) {
	t := k.Spec.Template
	if n := t.Spec.ContainerConcurrency; n == nil || *n == 0 {
		report("containerConcurrency is to be set: without it there is no queue before the pod, and no 503 when it is full")
	}
	if n, err := strconv.Atoi(t.Annotations["autoscaling.knative.dev/max-scale"]); err != nil || n < 1 {
		report("max-scale is to be set")
	}
	for _, name := range []string{"autoscaling.knative.dev/min-scale", "autoscaling.knative.dev/minScale"} {
		if t.Annotations[name] != "" && t.Annotations[minScaleReason] == "" {
			report("has a min-scale, and no annotation %s says which figure wants it", minScaleReason)
		}
	}
}

func eachContainer(do func(c corev1.Container, report func(string, ...any))) func(*Set, func(*Object, string, ...any)) {
	return each(func(_ *Set, k *servingv1.Service, report func(string, ...any)) {
		spec := k.Spec.Template.Spec
		for _, c := range append(append([]corev1.Container{}, spec.InitContainers...), spec.Containers...) {
			do(c, report)
		}
	})
}

func isTrue(b *bool) bool  { return b != nil && *b }
func isFalse(b *bool) bool { return b != nil && !*b }

var (
	secretName  = regexp.MustCompile(`(^|_)(PASSWORD|PASSPHRASE|SECRET|TOKEN|KEY|CREDENTIALS?)(_|$)`)
	secretValue = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY|\beyJ[A-Za-z0-9_-]{8,}\.eyJ|\bAKIA[0-9A-Z]{16}\b`)
)

// openSecret says why a value that anybody can read in the manifest looks like
// a secret, or "". The path of a file is none.
func openSecret(name, value string) string {
	if value == "" || strings.HasPrefix(value, "/") {
		return ""
	}
	if secretName.MatchString(name) {
		return "is named as a secret"
	}
	if secretValue.MatchString(value) {
		return "is a key or a token"
	}
	if u, err := url.Parse(value); err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			return "is an address with a password"
		}
	}
	return ""
}
