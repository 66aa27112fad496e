package watch

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"paceline/events"
)

// counters are what Prometheus goes by (docs/alerts/prometheus.yaml). They are
// counted here and not where a signal is seen: a function that sleeps takes its
// counters with it, an event does not get lost.
type counters struct{ signals, alerts metric.Int64Counter }

func newCounters() (counters, error) {
	meter := otel.Meter("paceline/watch")
	signals, err := meter.Int64Counter("paceline.security.signals", metric.WithDescription("Security signals heard."))
	alerts, err2 := meter.Int64Counter("paceline.security.alerts", metric.WithDescription("Security alerts said."))
	return counters{signals, alerts}, errors.Join(err, err2)
}

func (c counters) signal(ctx context.Context, s events.SecuritySignal) {
	c.signals.Add(ctx, int64(max(s.Count, 1)), metric.WithAttributes(attribute.String("signal", s.Name), attribute.String("level", s.Level), attribute.String("function", s.Function)))
}

func (c counters) alert(ctx context.Context, a events.SecurityAlert) {
	c.alerts.Add(ctx, 1, metric.WithAttributes(attribute.String("rule", a.Rule), attribute.String("level", a.Level)))
}
