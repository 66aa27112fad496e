package manifest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/robfig/cron/v3"
)

// dnsName is a Kubernetes object name (RFC 1123 subdomain).
var dnsName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)

// schedules are what a PingSource takes: five fields, or six with seconds.
var schedules = cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// check completes and verifies the set; seen maps "Kind namespace/name" to its place.
func (s *Set) check(seen map[string]string) error {
	for i := range s.Services {
		complete(&s.Services[i].Metadata)
	}
	for i := range s.Brokers {
		complete(&s.Brokers[i].Metadata)
	}
	for i := range s.Triggers {
		complete(&s.Triggers[i].Metadata)
	}
	for i := range s.PingSources {
		complete(&s.PingSources[i].Metadata)
	}
	for i := range s.EventTypes {
		complete(&s.EventTypes[i].Metadata)
	}
	c := checker{seen: seen, catalogue: map[string]map[string]string{}, types: map[string]bool{}}
	for _, v := range s.Services {
		c.run("Service", v.Metadata, func() error { return c.service(v) })
	}
	for _, v := range s.Brokers {
		c.run("Broker", v.Metadata, func() error { return c.delivery(v.Metadata.Namespace, v.Spec.Delivery) })
	}
	for _, v := range s.EventTypes {
		c.run("EventType", v.Metadata, func() error { return c.eventType(v) })
	}
	for _, v := range s.Triggers {
		c.run("Trigger", v.Metadata, func() error { return c.trigger(v) })
	}
	for _, v := range s.PingSources {
		c.run("PingSource", v.Metadata, func() error { return c.ping(v) })
	}
	return c.err
}

func complete(m *Meta) {
	if m.Namespace == "" {
		m.Namespace = DefaultNamespace
	}
}

// checker keeps the first fault.
type checker struct {
	seen      map[string]string            // "Kind namespace/name" → its place
	catalogue map[string]map[string]string // Broker → type and source → EventType
	types     map[string]bool              // Broker and type
	err       error
}

func (c *checker) run(kind string, m Meta, check func() error) {
	if c.err != nil {
		return
	}
	err := check()
	if err == nil && (!dnsName.MatchString(m.Name) || len(m.Name) > 63) {
		err = fmt.Errorf("metadata.name: %q is not a DNS name of at most 63 characters", m.Name)
	}
	if err == nil && !dnsName.MatchString(m.Namespace) {
		err = fmt.Errorf("metadata.namespace: %q is not a DNS name", m.Namespace)
	}
	if err != nil {
		object := kind + " " + m.Key()
		c.err = fmt.Errorf("%s: %s: %w", c.seen[object], object, err)
	}
}

func (c *checker) service(s Service) error {
	containers := s.Spec.Template.Spec.Containers
	if len(containers) != 1 {
		return fmt.Errorf("spec.template.spec.containers: wants one container, has %d", len(containers))
	}
	container := containers[0]
	if container.Image == "" {
		return fmt.Errorf("spec.template.spec.containers[0].image: is missing")
	}
	names := map[string]bool{}
	for i, e := range container.Env {
		field := fmt.Sprintf("spec.template.spec.containers[0].env[%d]", i)
		if e.Name == "" || names[e.Name] {
			return fmt.Errorf("%s.name: %q is empty or given twice", field, e.Name)
		}
		names[e.Name] = true
		if from := e.ValueFrom; from != nil && (e.Value != "" || (from.SecretKeyRef == nil) == (from.ConfigMapKeyRef == nil)) {
			return fmt.Errorf("%s.valueFrom: wants one source and no value beside it", field)
		}
	}
	volumes := map[string]bool{}
	for _, v := range s.Spec.Template.Spec.Volumes {
		volumes[v.Name] = true
	}
	for i, m := range container.VolumeMounts {
		if !volumes[m.Name] {
			return fmt.Errorf("spec.template.spec.containers[0].volumeMounts[%d].name: there is no volume %q", i, m.Name)
		}
	}
	return nil
}

func (c *checker) trigger(t Trigger) error {
	if _, ok := c.seen["Broker "+t.Metadata.Namespace+"/"+t.Spec.Broker]; !ok {
		return fmt.Errorf("spec.broker: there is no Broker %s/%s", t.Metadata.Namespace, t.Spec.Broker)
	}
	field := "spec.filter"
	if len(t.Spec.Filters) > 0 {
		field = "spec.filters"
	}
	if _, err := t.Compile(); err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	if err := c.known(t); err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	if err := c.destination(t.Metadata.Namespace, t.Spec.Subscriber, "Service"); err != nil {
		return fmt.Errorf("spec.subscriber%w", err)
	}
	return c.delivery(t.Metadata.Namespace, t.Spec.Delivery)
}

func (c *checker) ping(p PingSource) error {
	if p.Spec.Timezone != "" {
		if _, err := time.LoadLocation(p.Spec.Timezone); err != nil {
			return fmt.Errorf("spec.timezone: %w", err)
		}
	}
	if _, err := p.Cron(); err != nil {
		return fmt.Errorf("spec.schedule: %w", err)
	}
	if _, err := p.Payload(); err != nil {
		return err
	}
	if p.Spec.CEOverrides != nil {
		for _, name := range slices.Sorted(maps.Keys(p.Spec.CEOverrides.Extensions)) {
			if !attributeName.MatchString(name) {
				return fmt.Errorf("spec.ceOverrides.extensions: %q is no CloudEvents attribute name", name)
			}
		}
	}
	if err := c.destination(p.Metadata.Namespace, p.Spec.Sink, "Broker", "Service"); err != nil {
		return fmt.Errorf("spec.sink%w", err)
	}
	return nil
}

var attributeName = regexp.MustCompile(`^[a-z0-9]+$`)

// Cron is the schedule in its time zone.
func (p PingSource) Cron() (cron.Schedule, error) {
	spec := p.Spec.Schedule
	if spec == "" {
		spec = "* * * * *"
	}
	zone := p.Spec.Timezone
	if zone == "" {
		zone = "UTC"
	}
	return schedules.Parse("CRON_TZ=" + zone + " " + spec)
}

// Payload is the data of each event, or nil.
func (p PingSource) Payload() ([]byte, error) {
	if p.Spec.DataBase64 == "" {
		return []byte(p.Spec.Data), nil
	}
	if p.Spec.Data != "" {
		return nil, fmt.Errorf("spec.dataBase64: stands beside spec.data")
	}
	data, err := base64.StdEncoding.DecodeString(p.Spec.DataBase64)
	if err != nil {
		return nil, fmt.Errorf("spec.dataBase64: %w", err)
	}
	return data, nil
}

func (c *checker) delivery(namespace string, d *Delivery) error {
	if d == nil {
		return nil
	}
	if d.Retry != nil && *d.Retry < 0 {
		return fmt.Errorf("spec.delivery.retry: %d is negative", *d.Retry)
	}
	if !slices.Contains([]string{"", "linear", "exponential"}, d.BackoffPolicy) {
		return fmt.Errorf("spec.delivery.backoffPolicy: %q is neither linear nor exponential", d.BackoffPolicy)
	}
	if d.Timeout != nil && *d.Timeout <= 0 {
		return fmt.Errorf("spec.delivery.timeout: is not more than 0")
	}
	if d.DeadLetterSink == nil {
		return nil
	}
	if err := c.destination(namespace, *d.DeadLetterSink, "Service"); err != nil {
		return fmt.Errorf("spec.delivery.deadLetterSink%w", err)
	}
	return nil
}

// destination wants a declared object of one of kinds, or an address. Its
// errors begin with the rest of the field's name.
func (c *checker) destination(namespace string, d Destination, kinds ...string) error {
	u, err := url.Parse(d.URI)
	if err != nil {
		return fmt.Errorf(".uri: %w", err)
	}
	if d.Ref == nil {
		if u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf(".uri: %q is no address, and there is no ref", d.URI)
		}
		return nil
	}
	if u.IsAbs() {
		return fmt.Errorf(".uri: %q stands beside a ref and is not relative to it", d.URI)
	}
	want := map[string]string{"Service": "serving.knative.dev/v1", "Broker": "eventing.knative.dev/v1"}
	if !slices.Contains(kinds, d.Ref.Kind) || want[d.Ref.Kind] != d.Ref.APIVersion {
		return fmt.Errorf(".ref.kind: the platform does not send to %q of %q here", d.Ref.Kind, d.Ref.APIVersion)
	}
	if d.Ref.Namespace != "" {
		namespace = d.Ref.Namespace
	}
	if _, ok := c.seen[d.Ref.Kind+" "+namespace+"/"+d.Ref.Name]; !ok {
		return fmt.Errorf(".ref.name: no file declares the %s %s/%s", d.Ref.Kind, namespace, d.Ref.Name)
	}
	return nil
}
