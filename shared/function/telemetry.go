package function

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	sdkresource "go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"knative.dev/pkg/observability/metrics"
	"knative.dev/pkg/observability/tracing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// Telemetry sends traces and metrics by OTLP when OTEL_EXPORTER_OTLP_ENDPOINT
// names a collector (OTEL_EXPORTER_OTLP_PROTOCOL is grpc or http/protobuf), and
// does nothing otherwise. The returned func flushes what is left.
func Telemetry(ctx context.Context, name string, vars map[string]string) (func(context.Context) error, error) {
	endpoint := vars["OTEL_EXPORTER_OTLP_ENDPOINT"]
	if endpoint == "" {
		return func(context.Context) error { return nil }, nil
	}
	tracesTo, metricsTo, protocol := endpoint, endpoint, tracing.ProtocolGRPC
	if vars["OTEL_EXPORTER_OTLP_PROTOCOL"] != "grpc" {
		protocol = tracing.ProtocolHTTPProtobuf
		base := strings.TrimSuffix(endpoint, "/")
		tracesTo, metricsTo = base+"/v1/traces", base+"/v1/metrics"
	}
	resource := sdkresource.NewSchemaless(semconv.ServiceName("paceline-" + name))
	traces, err := tracing.NewTracerProvider(ctx, tracing.Config{Protocol: protocol, Endpoint: tracesTo, SamplingRate: 1}, sdktrace.WithResource(resource))
	if err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
	}
	meters, err := metrics.NewMeterProvider(ctx, metrics.Config{Protocol: protocol, Endpoint: metricsTo}, sdkmetric.WithResource(resource))
	if err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
	}
	sends.Store(true)
	otel.SetTracerProvider(traces)
	otel.SetMeterProvider(meters)
	otel.SetTextMapPropagator(tracing.DefaultTextMapPropagator())
	return func(ctx context.Context) error { return errors.Join(traces.Shutdown(ctx), meters.Shutdown(ctx)) }, nil
}

// sends says that Telemetry found a collector: only then are requests worth a span.
var sends atomic.Bool

func traced(name string, next http.Handler) http.Handler {
	if !sends.Load() {
		return next
	}
	known := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _ := r.Context().Value(senderKey{}).(sender)
		whole := *r
		whole.Header, whole.RemoteAddr = from.header, from.address
		next.ServeHTTP(w, &whole)
	})
	trace := otelhttp.NewHandler(known, name, otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
		return name + " " + r.Method
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := r.WithContext(context.WithValue(r.Context(), senderKey{}, sender{r.Header, r.RemoteAddr}))
		shown.Header, shown.RemoteAddr = r.Header.Clone(), ""
		shown.Header.Del("User-Agent")
		shown.Header.Del("X-Forwarded-For")
		shown.Header.Del(ClientAddress)
		trace.ServeHTTP(w, shown)
	})
}

// sender is what tells of a person's device and network. A span has no need of
// it, and lies where no erasure reaches.
type sender struct {
	header  http.Header
	address string
}

type senderKey struct{}
