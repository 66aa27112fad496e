package manifests

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	eventingv1alpha1 "knative.dev/eventing/pkg/apis/eventing/v1alpha1"
	eventingv1beta3 "knative.dev/eventing/pkg/apis/eventing/v1beta3"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	duckv1 "knative.dev/pkg/apis/duck/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// references: what one object names of another is there. What an operator
// brings is named in the README's text.
func references(readme string) []Rule {
	return []Rule{
		{"kind", func(s *Set, report func(*Object, string, ...any)) {
			for _, o := range s.Objects {
				if o.Broken != nil {
					report(o, "%s", o.Broken)
				}
			}
		}},
		{"namespace", func(s *Set, report func(*Object, string, ...any)) {
			for _, o := range s.Objects {
				if o.Kind != "Namespace" && s.find("Namespace", "", o.Namespace) == nil {
					report(o, "no file makes the Namespace %q", o.Namespace)
				}
			}
		}},
		{"destination", each(func(s *Set, t *eventingv1.Trigger, report func(string, ...any)) {
			if s.find("Broker", t.Namespace, t.Spec.Broker) == nil {
				report("there is no Broker %q", t.Spec.Broker)
			}
			there(s, "subscriber", t.Namespace, &t.Spec.Subscriber, report)
			if t.Spec.Delivery != nil {
				there(s, "delivery.deadLetterSink", t.Namespace, t.Spec.Delivery.DeadLetterSink, report)
			}
		})},
		{"destination", each(func(s *Set, b *eventingv1.Broker, report func(string, ...any)) {
			if b.Spec.Delivery != nil {
				there(s, "delivery.deadLetterSink", b.Namespace, b.Spec.Delivery.DeadLetterSink, report)
			}
			if c := b.Spec.Config; c != nil && c.Namespace == b.Namespace && s.find(c.Kind, c.Namespace, c.Name) == nil {
				report("there is no %s %s/%s for its config", c.Kind, c.Namespace, c.Name)
			}
		})},
		{"destination", each(func(s *Set, p *sourcesv1.PingSource, report func(string, ...any)) {
			there(s, "sink", p.Namespace, &p.Spec.Sink, report)
		})},
		{"destination", each(func(s *Set, e *eventingv1beta3.EventType, report func(string, ...any)) {
			there(s, "reference", e.Namespace, &duckv1.Destination{Ref: e.Spec.Reference}, report)
		})},
		{"sink binding", each(func(s *Set, b *sourcesv1.SinkBinding, report func(string, ...any)) {
			there(s, "sink", b.Namespace, &b.Spec.Sink, report)
			bound := 0
			for _, k := range all[*servingv1.Service](s) {
				if k.Namespace == b.Namespace && (k.Name == b.Spec.Subject.Name || selects(b.Spec.Subject.Selector, k.Labels)) {
					bound++
				}
			}
			if bound == 0 {
				report("its subject is nobody")
			}
		})},
		{"event policy", each(eventPolicy)},
		{"network policy", each(func(s *Set, p *networkingv1.NetworkPolicy, report func(string, ...any)) {
			for _, k := range all[*servingv1.Service](s) {
				if k.Namespace == p.Namespace && selects(&p.Spec.PodSelector, podLabels(k)) {
					return
				}
			}
			report("its podSelector matches no pod of any Service")
		})},
		{"default deny", defaultDeny},
		{"labels of its pods", each(func(_ *Set, k *servingv1.Service, report func(string, ...any)) {
			for _, c := range k.Spec.Template.Spec.Containers {
				for _, v := range c.Env {
					if label := opens[v.Name]; label != "" && podLabels(k)[label] != "true" {
						report("it reads %s, and its pods have no label %s, which lets them out", v.Name, label)
					}
				}
			}
		})},
		{"credentials of its own", each(func(s *Set, k *servingv1.Service, report func(string, ...any)) {
			if s.Cluster() == "" || k.Labels["paceline.example/uses-objects"] != "true" {
				return
			}
			own := func(n need) bool { return n.kind == "Secret" && n.name == "paceline-objects-"+k.Name }
			if !slices.ContainsFunc(needs(k), own) {
				report("it uses objects and has no Secret paceline-objects-%s: add it to the components objects-s3 and objects-gcs", k.Name)
			}
		})},
		{"what an operator brings", each(func(s *Set, k *servingv1.Service, report func(string, ...any)) {
			for _, n := range needs(k) {
				if s.find(n.kind, k.Namespace, n.name) != nil {
					continue
				}
				named := n.name
				for _, each := range []string{"paceline-identity-", "paceline-objects-"} {
					named = strings.ReplaceAll(named, each+k.Name, each+"<function>")
				}
				if !strings.Contains(readme, "`"+named+"`") {
					report("the README does not name the %s %s", n.kind, named)
				} else if n.key != "" && n.key != k.Name && !strings.Contains(readme, "`"+n.key+"`") {
					report("the README does not name the key %s of the %s %s", n.key, n.kind, named)
				}
			}
		})},
	}
}

// opens is the label that lets a pod out to what a variable names.
var opens = map[string]string{
	"REDIS_URL":    "paceline.example/uses-redis",
	"OBJECTS_URL":  "paceline.example/uses-objects",
	"SMTP_URL":     "paceline.example/uses-mail",
	"KEK_URI":      "paceline.example/uses-keys",
	"K_SINK":       "paceline.example/sends-events",
	"FUNCTION_URL": "paceline.example/calls-functions",
}

// there reports a destination that is neither in the set nor an address.
func there(s *Set, field, namespace string, d *duckv1.Destination, report func(string, ...any)) {
	if d == nil || d.Ref == nil {
		return
	}
	if d.Ref.Namespace != "" {
		namespace = d.Ref.Namespace
	}
	if o := s.find(d.Ref.Kind, namespace, d.Ref.Name); o == nil || o.APIVersion != d.Ref.APIVersion {
		report("%s: there is no %s %s/%s of %s", field, d.Ref.Kind, namespace, d.Ref.Name, d.Ref.APIVersion)
	}
}

// selects says whether a selector that is there picks an object of these labels.
func selects(selector *metav1.LabelSelector, of map[string]string) bool {
	if selector == nil {
		return false
	}
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(labels.Set(of))
}

// podLabels are those of a Service's pods: its template's, and what Knative adds.
func podLabels(k *servingv1.Service) map[string]string {
	all := map[string]string{"serving.knative.dev/service": k.Name, "serving.knative.dev/configuration": k.Name}
	for name, v := range k.Spec.Template.Labels {
		all[name] = v
	}
	return all
}

// eventPolicy: who may send is somebody, and what they may send to is there.
func eventPolicy(s *Set, p *eventingv1alpha1.EventPolicy, report func(string, ...any)) {
	for _, to := range p.Spec.To {
		if to.Ref != nil && s.find(to.Ref.Kind, p.Namespace, to.Ref.Name) == nil {
			report("to: there is no %s %s", to.Ref.Kind, to.Ref.Name)
		}
	}
	for _, from := range p.Spec.From {
		if from.Ref != nil && s.find(from.Ref.Kind, p.Namespace, from.Ref.Name) == nil {
			report("from: there is no %s %s", from.Ref.Kind, from.Ref.Name)
		}
		if from.Sub == nil {
			continue
		}
		account, ours := strings.CutPrefix(*from.Sub, "system:serviceaccount:"+p.Namespace+":")
		if ours && !strings.HasSuffix(account, "*") && s.find("ServiceAccount", p.Namespace, account) == nil {
			report("from: there is no ServiceAccount %s", account)
		}
	}
}

// defaultDeny wants, of every cluster, one policy that closes every pod of a
// namespace with Services both ways.
func defaultDeny(s *Set, report func(*Object, string, ...any)) {
	if s.Cluster() == "" {
		return
	}
	closed := map[string]bool{}
	for _, p := range all[*networkingv1.NetworkPolicy](s) {
		types := map[networkingv1.PolicyType]bool{}
		for _, t := range p.Spec.PolicyTypes {
			types[t] = true
		}
		everybody := len(p.Spec.PodSelector.MatchLabels)+len(p.Spec.PodSelector.MatchExpressions) == 0
		if everybody && len(p.Spec.Ingress)+len(p.Spec.Egress) == 0 && types[networkingv1.PolicyTypeIngress] && types[networkingv1.PolicyTypeEgress] {
			closed[p.Namespace] = true
		}
	}
	for _, k := range all[*servingv1.Service](s) {
		if !closed[k.Namespace] {
			report(nil, "no NetworkPolicy closes every pod of %s both ways", k.Namespace)
		}
	}
}

// need is a Secret or ConfigMap that a Service cannot run without, and the key
// where one is named. A key that has the function's name is one for each.
type need struct{ kind, name, key string }

func needs(k *servingv1.Service) []need {
	n := &needed{}
	for _, c := range k.Spec.Template.Spec.Containers {
		for _, e := range c.Env {
			if from := e.ValueFrom; from != nil {
				if r := from.SecretKeyRef; r != nil {
					n.add("Secret", r.Name, r.Key, r.Optional)
				}
				if r := from.ConfigMapKeyRef; r != nil {
					n.add("ConfigMap", r.Name, r.Key, r.Optional)
				}
			}
		}
		for _, e := range c.EnvFrom {
			if r := e.SecretRef; r != nil {
				n.add("Secret", r.Name, "", r.Optional)
			}
			if r := e.ConfigMapRef; r != nil {
				n.add("ConfigMap", r.Name, "", r.Optional)
			}
		}
	}
	for _, v := range k.Spec.Template.Spec.Volumes {
		n.volume(v)
	}
	return *n
}

type needed []need

func (n *needed) add(kind, name, key string, optional *bool) {
	if !isTrue(optional) {
		*n = append(*n, need{kind, name, key})
	}
}

func (n *needed) volume(v corev1.Volume) {
	if v.Secret != nil {
		n.add("Secret", v.Secret.SecretName, "", v.Secret.Optional)
	}
	if v.ConfigMap != nil {
		n.add("ConfigMap", v.ConfigMap.Name, "", v.ConfigMap.Optional)
	}
	if v.Projected == nil {
		return
	}
	for _, p := range v.Projected.Sources {
		if p.Secret != nil {
			n.add("Secret", p.Secret.Name, "", p.Secret.Optional)
		}
		if p.ConfigMap != nil {
			n.add("ConfigMap", p.ConfigMap.Name, "", p.ConfigMap.Optional)
		}
	}
}
