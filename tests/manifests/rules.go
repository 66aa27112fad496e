package manifests

import (
	"fmt"
	"path/filepath"
	"slices"
)

// Rule is one thing that has to hold of a set. It reports each place where it
// does not.
type Rule struct {
	Name  string
	Check func(s *Set, report func(o *Object, format string, args ...any))
}

// House is every rule: those of the releases of Knative in go.mod, those of
// Kubernetes, and ours. root is where functions/cmd lies.
func House(root, readme string) ([]Rule, error) {
	serving, err := release("knative.dev/serving")
	if err != nil {
		return nil, err
	}
	eventing, err := release("knative.dev/eventing")
	if err != nil {
		return nil, err
	}
	hooks, err := newWebhooks(serving, eventing, readme)
	if err != nil {
		return nil, err
	}
	crds, err := newSchemas(filepath.Join(serving, "config/core/300-resources"), filepath.Join(eventing, "config/core/resources"))
	if err != nil {
		return nil, err
	}
	pods, err := podSecurity()
	if err != nil {
		return nil, err
	}
	return slices.Concat([]Rule{hooks.rule(), crds.rule(), pods}, services(root), deliveries(), references(readme)), nil
}

// check runs rules over a set and returns the findings, sorted.
func check(s *Set, rules []Rule) []string {
	var found []string
	for _, r := range rules {
		r.Check(s, func(o *Object, format string, args ...any) {
			text := fmt.Sprintf(format, args...)
			if o == nil {
				found = append(found, fmt.Sprintf("%s: %s: %s", s.Name, r.Name, text))
				return
			}
			found = append(found, fmt.Sprintf("%s: %s: %s: %s", o.Where, o, r.Name, text))
		})
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// each makes a rule's check of a check of every object of one type.
func each[T any](do func(s *Set, typed T, report func(format string, args ...any))) func(*Set, func(*Object, string, ...any)) {
	return func(s *Set, report func(*Object, string, ...any)) {
		for _, o := range s.Objects {
			if typed, ok := o.Typed.(T); ok {
				do(s, typed, func(format string, args ...any) { report(o, format, args...) })
			}
		}
	}
}
