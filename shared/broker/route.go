package broker

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"paceline/shared/broker/filter"
	"paceline/shared/broker/manifest"
)

// route is a Trigger, or a PingSource that sends to a Service: what to take
// from the store and where to bring it.
type route struct {
	name      string // namespace/name, of the Trigger
	durable   string // the name of its place in the store
	namespace string
	ingress   string // ns/name of the Broker that takes replies; empty: none does
	subjects  []string
	filter    *filter.Filter
	target    manifest.Destination
	dead      *manifest.Destination
	policy    policy
	stats     counters
}

// routes turns the manifests into what the store and the deliveries need.
func routes(set *manifest.Set) ([]*route, error) {
	brokers := map[string]manifest.Broker{}
	for _, b := range set.Brokers {
		brokers[b.Metadata.Key()] = b
	}
	var all []*route
	for _, t := range set.Triggers {
		r, err := triggerRoute(t, brokers[t.Metadata.Namespace+"/"+t.Spec.Broker])
		if err != nil {
			return nil, fmt.Errorf("broker: trigger %s: %w", t.Metadata.Key(), err)
		}
		all = append(all, r)
	}
	for _, p := range set.PingSources {
		if p.Spec.Sink.Ref == nil || p.Spec.Sink.Ref.Kind != "Broker" {
			all = append(all, pingRoute(p))
		}
	}
	return all, nil
}

func triggerRoute(t manifest.Trigger, b manifest.Broker) (*route, error) {
	f, err := t.Compile()
	if err != nil {
		return nil, err
	}
	// The Trigger's delivery wins as a whole; only the sink falls back.
	delivery := cmp.Or(t.Spec.Delivery, b.Spec.Delivery)
	r := &route{
		name: t.Metadata.Key(), durable: durable("t", t.Metadata), namespace: t.Metadata.Namespace,
		ingress: b.Metadata.Key(), filter: f, target: t.Spec.Subscriber, policy: newPolicy(delivery),
	}
	if delivery != nil {
		r.dead = delivery.DeadLetterSink
	}
	if r.dead == nil && b.Spec.Delivery != nil {
		r.dead = b.Spec.Delivery.DeadLetterSink
	}
	base := brokerSubject(b.Metadata.Key())
	for _, eventType := range f.Types() {
		r.subjects = append(r.subjects, base+"."+typeToken(eventType))
	}
	if r.subjects == nil {
		r.subjects = []string{base + ".*"}
	}
	slices.Sort(r.subjects)
	r.subjects = slices.Compact(r.subjects)
	return r, nil
}

func pingRoute(p manifest.PingSource) *route {
	return &route{
		name: "pingsource " + p.Metadata.Key(), durable: durable("p", p.Metadata), namespace: p.Metadata.Namespace,
		subjects: []string{pingSubject(p)}, filter: filter.Everything(), target: p.Spec.Sink, policy: newPolicy(nil),
	}
}

// durable names a place in the store. Kubernetes names have no underscore, so
// that two objects never share one.
func durable(kind string, m manifest.Meta) string {
	return kind + "_" + token(m.Namespace) + "__" + token(m.Name)
}

func token(name string) string { return strings.ReplaceAll(name, ".", "_") }

// brokerSubject is where the events of a Broker lie; their type follows.
func brokerSubject(key string) string {
	namespace, name, _ := strings.Cut(key, "/")
	return "ev.b." + token(namespace) + "." + token(name)
}

func pingSubject(p manifest.PingSource) string {
	return "ev.p." + token(p.Metadata.Namespace) + "." + token(p.Metadata.Name)
}

// address is the URL of a destination seen from an object in namespace.
func address(d manifest.Destination, namespace string, resolve func(namespace, service string) (string, error)) (string, error) {
	if d.Ref == nil {
		return d.URI, nil
	}
	base, err := resolve(cmp.Or(d.Ref.Namespace, namespace), d.Ref.Name)
	if err != nil {
		return "", fmt.Errorf("broker: resolve %s: %w", d.Ref.Name, err)
	}
	u, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("broker: address of %s: %w", d.Ref.Name, err)
	}
	if d.URI == "" {
		return u.String(), nil
	}
	// A base may have a path of its own; the uri goes below it.
	below, err := url.Parse(d.URI)
	if err != nil {
		return "", fmt.Errorf("broker: uri of %s: %w", d.Ref.Name, err)
	}
	joined := u.JoinPath(below.Path)
	joined.RawQuery = below.RawQuery
	return joined.String(), nil
}
