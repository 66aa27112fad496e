package manifests

import (
	"slices"
	"time"

	"github.com/rickb777/date/period"
	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	eventingv1beta3 "knative.dev/eventing/pkg/apis/eventing/v1beta3"
	duckv1 "knative.dev/pkg/apis/duck/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// deadLetters is the function that takes dead letters; its own have nowhere to go.
const deadLetters = "deadletter"

// trying are the clusters that may forget events, and durable the classes of
// Broker that do not.
var (
	trying  = []string{"local", "local-tls"}
	durable = []string{"Kafka", "KafkaNamespaced", "RabbitMQBroker"}
)

// deliveries are the rules of Brokers and Triggers.
func deliveries() []Rule {
	return []Rule{
		{"delivery", each(func(_ *Set, t *eventingv1.Trigger, report func(string, ...any)) {
			own := t.Spec.Subscriber.Ref != nil && t.Spec.Subscriber.Ref.Name == deadLetters
			delivery(t.Spec.Delivery, !own, report)
		})},
		{"delivery", each(func(_ *Set, b *eventingv1.Broker, report func(string, ...any)) {
			delivery(b.Spec.Delivery, true, report)
		})},
		{"timeout", each(timeout)},
		{"audience", each(func(_ *Set, t *eventingv1.Trigger, report func(string, ...any)) {
			audience("subscriber", &t.Spec.Subscriber, report)
			if t.Spec.Delivery != nil {
				audience("delivery.deadLetterSink", t.Spec.Delivery.DeadLetterSink, report)
			}
		})},
		{"audience", each(func(_ *Set, b *eventingv1.Broker, report func(string, ...any)) {
			if b.Spec.Delivery != nil {
				audience("delivery.deadLetterSink", b.Spec.Delivery.DeadLetterSink, report)
			}
		})},
		{"catalogue", each(func(s *Set, t *eventingv1.Trigger, report func(string, ...any)) {
			if t.Spec.Filter == nil || t.Spec.Filter.Attributes["type"] == "" || len(t.Spec.Filters) > 0 {
				report("is to wait for one type, in filter.attributes")
			} else if eventType := t.Spec.Filter.Attributes["type"]; !registered(s, t.Namespace, t.Spec.Broker, eventType) {
				report("no EventType of its Broker has the type %q", eventType)
			}
		})},
		{"durable", each(func(s *Set, b *eventingv1.Broker, report func(string, ...any)) {
			if class := b.Annotations[eventingv1.BrokerClassAnnotationKey]; s.Cluster() != "" && !slices.Contains(trying, s.Cluster()) && !slices.Contains(durable, class) {
				report("the class %q may forget events, which %s may not", class, s.Name)
			}
		})},
	}
}

func delivery(d *eventingduckv1.DeliverySpec, wantsDeadLetters bool, report func(string, ...any)) {
	if d == nil || d.Retry == nil || *d.Retry < 1 || d.BackoffPolicy == nil || d.BackoffDelay == nil {
		report("retry, backoffPolicy and backoffDelay are to be set")
	}
	if wantsDeadLetters && (d == nil || d.DeadLetterSink == nil) {
		report("has no deadLetterSink: what nobody takes would be lost")
	}
}

// timeout: a Broker that gives up first sends again while the first call runs.
func timeout(s *Set, t *eventingv1.Trigger, report func(string, ...any)) {
	if t.Spec.Delivery == nil || t.Spec.Delivery.Timeout == nil {
		report("delivery.timeout is to be set")
		return
	}
	p, err := period.Parse(*t.Spec.Delivery.Timeout)
	if err != nil {
		return // the webhook's finding
	}
	for _, k := range all[*servingv1.Service](s) {
		if t.Spec.Subscriber.Ref == nil || k.Name != t.Spec.Subscriber.Ref.Name {
			continue
		}
		if seconds := k.Spec.Template.Spec.TimeoutSeconds; seconds == nil {
			report("%s has no timeoutSeconds", k.Name)
		} else if runs := time.Duration(*seconds) * time.Second; runs >= p.DurationApprox() {
			report("the Broker waits %s, and %s may take %s", p.DurationApprox(), k.Name, runs)
		}
	}
}

// audience: the token that goes with an event is for its receiver alone.
func audience(field string, d *duckv1.Destination, report func(string, ...any)) {
	if d == nil || d.Ref == nil {
		return
	}
	if d.Audience == nil || *d.Audience != d.Ref.Name {
		report("%s.audience is to be %q", field, d.Ref.Name)
	}
}

func registered(s *Set, namespace, broker, eventType string) bool {
	return slices.ContainsFunc(all[*eventingv1beta3.EventType](s), func(e *eventingv1beta3.EventType) bool {
		return e.Namespace == namespace && e.Spec.Reference != nil && e.Spec.Reference.Kind == "Broker" && e.Spec.Reference.Name == broker &&
			slices.ContainsFunc(e.Spec.Attributes, func(a eventingv1beta3.EventAttributeDefinition) bool {
				return a.Name == "type" && a.Value == eventType
			})
	})
}
