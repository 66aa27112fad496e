package filter

import (
	"fmt"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
)

// Filter is a compiled condition on the attributes of an event.
type Filter struct {
	match func(e *event.Event) verdict
	types []string // the only types that can match; nil: any
}

// verdict has a third value, so that what cannot be evaluated does not pass by
// being negated.
type verdict int8

const (
	refused verdict = iota
	passed
	unknown
)

func decided(pass bool) verdict {
	if pass {
		return passed
	}
	return refused
}

// Match tells whether e passes.
func (f *Filter) Match(e *event.Event) bool { return f.match(e) == passed }

// Types are the only event types that can pass, or nil when any may. It lets
// a queue hold back what Match would refuse; it never holds back too much.
func (f *Filter) Types() []string { return f.types }

// Everything passes every event: a Trigger without filters.
func Everything() *Filter {
	return &Filter{match: func(*event.Event) verdict { return passed }}
}

// Attributes is Knative's spec.filter.attributes: all must be equal, and ""
// asks only that the attribute is there.
func Attributes(attributes map[string]string) (*Filter, error) {
	if err := checkNames(attributes); err != nil {
		return nil, fmt.Errorf("filter: attributes: %w", err)
	}
	f := &Filter{match: func(e *event.Event) verdict {
		for name, want := range attributes {
			got, ok := Attribute(e, name)
			if !ok || want != "" && got != want {
				return refused
			}
		}
		return passed
	}}
	if t := attributes["type"]; t != "" {
		f.types = []string{t}
	}
	return f, nil
}

// All compiles spec.filters: an event passes when it passes each.
func All(specs []Spec) (*Filter, error) {
	filters, err := compileEach(specs)
	if err != nil {
		return nil, err
	}
	f := &Filter{match: func(e *event.Event) verdict { return firstOf(refused, passed, filters, e) }}
	for _, one := range filters {
		if one.types != nil && (f.types == nil || len(one.types) < len(f.types)) {
			f.types = one.types
		}
	}
	return f, nil
}

func anyOf(specs []Spec) (*Filter, error) {
	filters, err := compileEach(specs)
	if err != nil {
		return nil, err
	}
	f := &Filter{match: func(e *event.Event) verdict { return firstOf(passed, refused, filters, e) }}
	for _, one := range filters {
		if one.types == nil {
			return &Filter{match: f.match}, nil
		}
		f.types = append(f.types, one.types...)
	}
	return f, nil
}

// firstOf is decisive when a filter says so, else unknown when one cannot say,
// else otherwise.
func firstOf(decisive, otherwise verdict, filters []*Filter, e *event.Event) verdict {
	for _, f := range filters {
		switch f.match(e) {
		case decisive:
			return decisive
		case unknown:
			otherwise = unknown
		}
	}
	return otherwise
}

func compileEach(specs []Spec) ([]*Filter, error) {
	filters := make([]*Filter, len(specs))
	for i, s := range specs {
		var err error
		if filters[i], err = compile(s); err != nil {
			return nil, err
		}
	}
	return filters, nil
}

func compile(s Spec) (*Filter, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	switch {
	case s.Exact != nil:
		return Attributes(s.Exact)
	case s.Prefix != nil:
		return compare(s.Prefix, strings.HasPrefix), nil
	case s.Suffix != nil:
		return compare(s.Suffix, strings.HasSuffix), nil
	case s.All != nil:
		return All(s.All)
	case s.Any != nil:
		return anyOf(s.Any)
	case s.Not != nil:
		inner, err := compile(*s.Not)
		if err != nil {
			return nil, err
		}
		return &Filter{match: func(e *event.Event) verdict {
			v := inner.match(e)
			if v == unknown {
				return unknown
			}
			return decided(v == refused)
		}}, nil
	default:
		return sql(s.CESQL)
	}
}

func compare(attributes map[string]string, holds func(got, want string) bool) *Filter {
	return &Filter{match: func(e *event.Event) verdict {
		for name, want := range attributes {
			got, ok := Attribute(e, name)
			if !ok || !holds(got, want) {
				return refused
			}
		}
		return passed
	}}
}

// Attribute is the canonical text of an attribute and whether e has it.
func Attribute(e *event.Event, name string) (string, bool) {
	var s string
	switch name {
	case "specversion":
		s = e.SpecVersion()
	case "id":
		s = e.ID()
	case "source":
		s = e.Source()
	case "type":
		s = e.Type()
	case "subject":
		s = e.Subject()
	case "datacontenttype":
		s = e.DataContentType()
	case "dataschema":
		s = e.DataSchema()
	case "time":
		if !e.Time().IsZero() {
			s = types.FormatTime(e.Time())
		}
	default:
		v, ok := e.Extensions()[name]
		if !ok {
			return "", false
		}
		text, err := types.Format(v)
		return text, err == nil
	}
	return s, s != ""
}
