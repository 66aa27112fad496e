package paceline

import (
	"os/exec"
	"testing"
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
