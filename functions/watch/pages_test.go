package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// summary is what the page of a rule says of it, so that nobody has to read code
// at night.
func (r rule) summary() string {
	names := make([]string, len(r.names))
	for i, name := range r.names {
		names[i] = "`" + name + "`"
	}
	s := fmt.Sprintf("A %s: %d of %s", r.level, r.count, strings.Join(names, " or "))
	if r.distinct != "" {
		s += fmt.Sprintf(", each of another %s,", r.distinct)
	}
	s += fmt.Sprintf(" within %.0f min, by %s.", r.within.Minutes(), r.by)
	if r.block > 0 {
		return s + fmt.Sprintf(" The gateway shuts the %s out for %.0f min.", r.by, r.block.Minutes())
	}
	return s + " Nobody is shut out."
}

// Every rule, of watch and of Prometheus, has a page that says what it is and
// what to do, and every page is of a rule.
func TestEachAlertHasItsPage(t *testing.T) {
	t.Parallel()
	const folder = "../../docs/alerts"
	pages := map[string]bool{}
	for _, r := range rules {
		page, err := os.ReadFile(filepath.Join("../..", filepath.FromSlash(runbook(r.id))))
		if err != nil {
			t.Error(err)
			continue
		}
		pages[r.id+".md"] = true
		if want := "# " + r.id + "\n\n" + r.summary() + "\n"; !strings.HasPrefix(string(page), want) {
			t.Errorf("the page of %s does not begin with\n%s", r.id, want)
		}
	}
	prometheus, err := os.ReadFile(filepath.Join(folder, "prometheus.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, named := range regexp.MustCompile(`runbook: "?docs/alerts/([^"}\s]+\.md)`).FindAllStringSubmatch(string(prometheus), -1) {
		if !strings.Contains(named[1], "{") { // the page of the rule that watch names
			pages[named[1]] = true
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		page, err := os.ReadFile(file)
		name := filepath.Base(file)
		if err != nil || !pages[name] {
			t.Errorf("%s is of no rule (%v)", name, err)
		}
		delete(pages, name)
		for _, part := range []string{"\n## Look\n", "\n## Do\n", "\n## A false alarm\n"} {
			if !strings.Contains(string(page), part) {
				t.Errorf("%s lacks %q", name, strings.TrimSpace(part))
			}
		}
	}
	for name := range pages {
		t.Errorf("there is no page %s", name)
	}
}

// What the drill and the pages rely on: ids of rules are their own, and nobody
// is shut out for more than an hour, or for what all do together.
func TestRulesAreSane(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for _, r := range rules {
		if ids[r.id] || r.count < 1 || r.within <= 0 || len(r.names) == 0 || r.level != page && r.level != ticket {
			t.Errorf("%+v", r)
		}
		if r.block.Hours() > 1 || r.block > 0 && r.by != byAddress && r.by != byActor {
			t.Errorf("%s shuts out a %s for %s", r.id, r.by, r.block)
		}
		ids[r.id] = true
	}
}
