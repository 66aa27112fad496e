package filter

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Spec is one element of a Trigger's spec.filters. Exactly one dialect is set.
type Spec struct {
	Exact  map[string]string `json:"exact,omitempty"`
	Prefix map[string]string `json:"prefix,omitempty"`
	Suffix map[string]string `json:"suffix,omitempty"`
	All    []Spec            `json:"all,omitempty"`
	Any    []Spec            `json:"any,omitempty"`
	Not    *Spec             `json:"not,omitempty"`
	CESQL  string            `json:"cesql,omitempty"`
}

// check tells whether s is one well-formed dialect.
func (s Spec) check() error {
	var dialects []string
	for name, set := range map[string]bool{
		"exact": s.Exact != nil, "prefix": s.Prefix != nil, "suffix": s.Suffix != nil,
		"all": s.All != nil, "any": s.Any != nil, "not": s.Not != nil, "cesql": s.CESQL != "",
	} {
		if set {
			dialects = append(dialects, name)
		}
	}
	slices.Sort(dialects)
	if len(dialects) != 1 {
		return fmt.Errorf("filter: each filter takes one dialect, this one has %d %v", len(dialects), dialects)
	}
	if s.All != nil && len(s.All) == 0 || s.Any != nil && len(s.Any) == 0 {
		return fmt.Errorf("filter: %s is empty", dialects[0])
	}
	for _, attributes := range []map[string]string{s.Exact, s.Prefix, s.Suffix} {
		if attributes == nil {
			continue
		}
		if err := checkAttributes(attributes); err != nil {
			return fmt.Errorf("filter: %s: %w", dialects[0], err)
		}
	}
	return nil
}

// checkAttributes wants one attribute with a value, as Knative's webhook does.
func checkAttributes(attributes map[string]string) error {
	if len(attributes) != 1 {
		return fmt.Errorf("takes one attribute, has %d", len(attributes))
	}
	for name, value := range attributes {
		if value == "" {
			return fmt.Errorf("%s has no value", name)
		}
	}
	return checkNames(attributes)
}

// checkNames refuses names that no CloudEvents attribute can have.
func checkNames(attributes map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if !validName(name) {
			return fmt.Errorf("%q is no CloudEvents attribute name", name)
		}
	}
	return nil
}

func validName(name string) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

var errNotBoolean = errors.New("filter: the expression is not a condition")
