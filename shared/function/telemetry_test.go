package function_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"

	"paceline/shared/function"
)

// collector takes what a function sends by OTLP over HTTP.
type collector struct {
	mu  sync.Mutex
	got map[string]string // path to bodies
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got[r.URL.Path] += r.Header.Get("Content-Type") + " " + string(b)
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// The providers are the process's, so this test runs alone.
func TestTelemetryIsOnlySentWhereACollectorIsNamed(t *testing.T) { //nolint:paralleltest
	traces, meters := otel.GetTracerProvider(), otel.GetMeterProvider()
	flush, err := function.Telemetry(t.Context(), "echo", map[string]string{})
	if err != nil || flush(t.Context()) != nil || otel.GetTracerProvider() != traces || otel.GetMeterProvider() != meters {
		t.Fatalf("off: %v, and it changed the providers", err)
	}

	c := &collector{got: map[string]string{}}
	server := httptest.NewServer(c)
	defer server.Close()
	defer func() { otel.SetTracerProvider(traces); otel.SetMeterProvider(meters) }()
	flush, err = function.Telemetry(t.Context(), "echo", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL + "/"})
	if err != nil {
		t.Fatal(err)
	}
	surface := function.Surface("echo", &function.Function{Handler: http.NotFoundHandler()})
	for _, path := range []string{"/v1/who", "/health/liveness"} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		surface.ServeHTTP(httptest.NewRecorder(), r)
	}
	if err := flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	spans := c.got["/v1/traces"]
	for _, want := range []string{"application/x-protobuf", "paceline-echo", "echo GET", "\x0a\xf7\x65\x19\x16\xcd\x43\xdd"} {
		if !strings.Contains(spans, want) {
			t.Errorf("traces lack %q: %q", want, spans)
		}
	}
	if strings.Contains(spans, "liveness") {
		t.Error("a probe is traced")
	}
	if !strings.Contains(c.got["/v1/metrics"], "http.server.request.duration") {
		t.Errorf("metrics %q", c.got["/v1/metrics"])
	}
}
