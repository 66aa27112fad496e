package paceline

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"paceline/events"
)

var eventRow = regexp.MustCompile(`(?m)^\| ([a-z]+\.[a-z.]+) \| ([a-z, ]+) \| ([a-z, –]+) \|$`)

// The table of events in the README is what the Triggers say.
func TestReadmeEventsAreTheTriggers(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	heard := map[string][]string{}
	for _, p := range events.All() {
		heard[p.EventType()] = nil
	}
	delete(heard, events.TypePing)
	for _, tr := range manifests(t).Triggers {
		if eventType := tr.Spec.Filter.Attributes["type"]; eventType != events.TypePing {
			heard[eventType] = append(heard[eventType], tr.Spec.Subscriber.Ref.Name)
		}
	}
	var want, got []string
	for _, eventType := range slices.Sorted(maps.Keys(heard)) {
		by := heard[eventType]
		slices.Sort(by)
		text := strings.Join(by, ", ")
		if text == "" {
			text = "–"
		}
		want = append(want, fmt.Sprintf("%s → %s", strings.TrimSuffix(strings.TrimPrefix(eventType, "paceline."), ".v1"), text))
	}
	for _, m := range eventRow.FindAllStringSubmatch(string(b), -1) {
		got = append(got, m[1]+" → "+m[3])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("README:   %q\nTriggers: %q", got, want)
	}
}

var settingRow = regexp.MustCompile("`([A-Z][A-Z_]+)`")

// Every setting that a function reads is in the README's table, unless the
// platform sets it itself.
func TestReadmeNamesEverySetting(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range settingRow.FindAllStringSubmatch(string(b), -1) {
		named[m[1]] = true
	}
	inner := []string{"IDENTITY_KEY_FILE", "IDENTITY_JWKS_FILE", "ACCOUNTS_KEY_FILE", "K_SINK", "K_CE_OVERRIDES", "K_CA_CERTS", "FUNCTION_URL", "MAIL_DIR"}
	for name := range functions {
		for variable := range settings(t, name) {
			if !named[variable] && !slices.Contains(inner, variable) {
				t.Errorf("%s reads %s, and the README does not name it", name, variable)
			}
		}
	}
}
