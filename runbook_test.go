package paceline

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"paceline/knative"
	"paceline/shared/operator"
)

// runbookLines is every line of the runbook that an operator runs.
func runbookLines(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i, part := range strings.Split(string(text), "```") {
		if block, ok := strings.CutPrefix(part, "sh\n"); ok && i%2 == 1 {
			lines = append(lines, strings.Split(strings.TrimSpace(block), "\n")...)
		}
	}
	return lines
}

// The suite on a cluster runs these lines; here they are held to the commands,
// the functions and the triggers that there are.
func TestRunbookLinesNameWhatThereIs(t *testing.T) {
	t.Parallel()
	set := manifests(t)
	var triggers []string
	for _, tr := range set.Triggers {
		triggers = append(triggers, tr.Metadata.Name)
	}
	known := func(name string) bool {
		return functions[name] != nil || slices.Contains(triggers, name) || name == "default"
	}
	object := regexp.MustCompile(`kn (?:service (?:describe|update)|trigger describe|broker describe|paceline trigger (?:pause|resume)) ([a-z-]+)|-s ([a-z-]+)`)
	lines := runbookLines(t)
	for _, line := range lines {
		for _, found := range object.FindAllStringSubmatch(line, -1) {
			if name := found[1] + found[2]; !known(name) {
				t.Errorf("%s: there is no %s", line, name)
			}
		}
		args, plugin := strings.CutPrefix(line, "kn paceline ")
		if !plugin {
			if !strings.Contains(line, "-n paceline") {
				t.Errorf("%s: the namespace is not named", line)
			}
			continue
		}
		var out, complaints bytes.Buffer
		tool := operator.Tool{Manifests: knative.Manifests, Out: &out, Err: &complaints}
		if code := tool.Run(t.Context(), append(strings.Fields(args), "--help")); code != 0 || strings.Contains(out.String(), "Available Commands") {
			t.Errorf("%s: there is no such command: %s", line, &complaints)
		}
	}
	if len(lines) < 30 {
		t.Errorf("%d lines are found in the runbook: the test looks at the wrong place", len(lines))
	}
}

// What the runbook promises of each command, it has a task for; and every
// command is in it or in what it says in words.
func TestRunbookHasEveryCommand(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	tool := operator.Tool{Manifests: knative.Manifests, Out: &out, Err: &out}
	if code := tool.Run(t.Context(), []string{"--help"}); code != 0 {
		t.Fatalf("exit code %d: %s", code, &out)
	}
	_, list, _ := strings.Cut(out.String(), "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for line := range strings.Lines(list) {
		command := strings.Fields(line)[0]
		if command == "help" || command == "completion" || command == "logout" {
			continue
		}
		if !strings.Contains(string(text), "kn paceline "+command) {
			t.Errorf("the runbook does not know 'kn paceline %s'", command)
		}
	}
}
