package manifest

import (
	"fmt"
	"maps"
	"slices"

	"paceline/shared/broker/filter"
)

// EventType is an eventing.knative.dev/v1beta3 EventType: one row of the
// catalogue of what goes through a Broker.
type EventType struct {
	typeMeta
	Metadata Meta `json:"metadata"`
	Spec     struct {
		Reference   *Ref        `json:"reference"`
		Description string      `json:"description"`
		Attributes  []Attribute `json:"attributes"`
	} `json:"spec"`
}

// Attribute is a CloudEvents attribute of an EventType. An empty Value is any.
type Attribute struct {
	Name     string `json:"name"`
	Required bool   `json:"required"`
	Value    string `json:"value"`
}

// Value is what the EventType says of an attribute, or "".
func (e EventType) Value(attribute string) string {
	for _, a := range e.Spec.Attributes {
		if a.Name == attribute {
			return a.Value
		}
	}
	return ""
}

// eventType wants what Knative's webhook wants, a declared Broker, and each
// type of a source once: a catalogue that says two things says nothing.
func (c *checker) eventType(e EventType) error {
	names := map[string]bool{}
	for i, a := range e.Spec.Attributes {
		field := fmt.Sprintf("spec.attributes[%d].name", i)
		if !attributeName.MatchString(a.Name) {
			return fmt.Errorf("%s: %q is no CloudEvents attribute name", field, a.Name)
		}
		if names[a.Name] {
			return fmt.Errorf("%s: %q is given twice", field, a.Name)
		}
		names[a.Name] = true
	}
	for _, want := range []string{"type", "source", "specversion", "id"} {
		if !names[want] {
			return fmt.Errorf("spec.attributes: %q is missing", want)
		}
	}
	if e.Value("type") == "" {
		return fmt.Errorf("spec.attributes: the type has no value")
	}
	if e.Spec.Reference == nil {
		return fmt.Errorf("spec.reference: is missing: the catalogue is of a Broker")
	}
	if err := c.destination(e.Metadata.Namespace, Destination{Ref: e.Spec.Reference}, "Broker"); err != nil {
		return fmt.Errorf("spec.reference%w", err)
	}
	broker := reference(e.Metadata.Namespace, e.Spec.Reference)
	if c.catalogue[broker] == nil {
		c.catalogue[broker] = map[string]string{}
	}
	row := e.Value("type") + " " + e.Value("source")
	if other, twice := c.catalogue[broker][row]; twice {
		return fmt.Errorf("spec.attributes: type and source are those of EventType %s", other)
	}
	c.catalogue[broker][row] = e.Metadata.Key()
	c.types[broker+" "+e.Value("type")] = true
	return nil
}

func reference(namespace string, r *Ref) string {
	if r.Namespace != "" {
		namespace = r.Namespace
	}
	return namespace + "/" + r.Name
}

// known refuses a Trigger that waits for a type that its Broker's catalogue
// does not have: it would wait for ever. A Broker without a catalogue takes all.
func (c *checker) known(t Trigger) error {
	broker := t.Metadata.Namespace + "/" + t.Spec.Broker
	if len(c.catalogue[broker]) == 0 {
		return nil
	}
	for _, eventType := range t.Types() {
		if !c.types[broker+" "+eventType] {
			return fmt.Errorf("no EventType of Broker %s has the type %q", broker, eventType)
		}
	}
	return nil
}

// Types are the types that the trigger names in full, sorted. What stands in a
// prefix, a suffix, an expression or below "not" names none.
func (t Trigger) Types() []string {
	named := map[string]bool{}
	if len(t.Spec.Filters) > 0 {
		exactTypes(t.Spec.Filters, named)
	} else if t.Spec.Filter != nil && t.Spec.Filter.Attributes["type"] != "" {
		named[t.Spec.Filter.Attributes["type"]] = true
	}
	return slices.Sorted(maps.Keys(named))
}

func exactTypes(specs []filter.Spec, into map[string]bool) {
	for _, s := range specs {
		if s.Exact["type"] != "" {
			into[s.Exact["type"]] = true
		}
		exactTypes(s.All, into)
		exactTypes(s.Any, into)
	}
}
