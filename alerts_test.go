package paceline

import (
	"os"
	"os/exec"
	"testing"

	"sigs.k8s.io/yaml"
)

// The rules of Prometheus hold what their cases say: one that fires, one just
// below, and one without its series.
func TestPrometheusRules(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("promtool is not installed (Debian's package prometheus): the rules of Prometheus are not tested")
	}
	for _, args := range [][]string{{"check", "rules", "docs/alerts/prometheus.yaml"}, {"test", "rules", "docs/alerts/prometheus_test.yaml"}} {
		if out, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

// parsed reads a file of YAML.
func parsed[T any](t *testing.T, file string) (v T) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return v
}

// Each rule has its cases: it fires, it does not although its series is there,
// and what it does without any series is said, too. Each has a level and a page.
func TestPrometheusRulesHaveTheirCases(t *testing.T) {
	t.Parallel()
	rules := parsed[struct {
		Groups []struct {
			Rules []struct {
				Alert       string
				Labels      struct{ Severity string }
				Annotations struct{ Summary, Runbook string }
			}
		}
	}](t, "docs/alerts/prometheus.yaml")
	cases := parsed[struct {
		Tests []struct {
			Series []any `json:"input_series"`
			Alerts []struct {
				Name     string `json:"alertname"`
				Expected []any  `json:"exp_alerts"`
			} `json:"alert_rule_test"`
		}
	}](t, "docs/alerts/prometheus_test.yaml")
	const fires, silent, without = "one that fires", "one that does not, with its series", "one without any series"
	have := map[string]map[string]bool{}
	for _, c := range cases.Tests {
		for _, a := range c.Alerts {
			if have[a.Name] == nil {
				have[a.Name] = map[string]bool{}
			}
			have[a.Name][fires] = have[a.Name][fires] || len(a.Expected) > 0
			have[a.Name][silent] = have[a.Name][silent] || len(a.Expected) == 0 && len(c.Series) > 0
			have[a.Name][without] = have[a.Name][without] || len(c.Series) == 0
		}
	}
	n := 0
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			n++
			for _, kind := range []string{fires, silent, without} {
				if !have[r.Alert][kind] {
					t.Errorf("%s lacks a case: %s", r.Alert, kind)
				}
			}
			if s := r.Labels.Severity; s != "page" && s != "ticket" || r.Annotations.Summary == "" || r.Annotations.Runbook == "" {
				t.Errorf("%s has the level %q, summary %q and page %q", r.Alert, s, r.Annotations.Summary, r.Annotations.Runbook)
			}
		}
	}
	if n < 5 {
		t.Errorf("%d rules: the test looks at the wrong file", n)
	}
}
