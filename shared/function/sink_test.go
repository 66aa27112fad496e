package function_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/redistest"
	"paceline/shared/function/store"
)

// emit has a function publish one event to the sink of vars, and says whether
// the sink took it.
func emit(t *testing.T, vars map[string]string) bool {
	t.Helper()
	vars["REDIS_URL"] = redistest.URL(t)
	base, err := function.OpenBase(environment(vars), "echo")
	if err != nil {
		t.Fatal(err)
	}
	defer base.Store.Close()
	ctx := events.WithCause(t.Context(), events.Cause{ID: "c"})
	if err := base.Store.Update(ctx, "ann", func(tx *store.Tx) error { return tx.Emit(followed) }); err != nil {
		t.Fatal(err)
	}
	left, err := base.Store.Client().XLen(ctx, base.Store.Key("ann", "outbox")).Result()
	if err != nil {
		t.Fatal(err)
	}
	return left == 0
}

func TestTheSinksOwnCAIsTrustedWhereItIsNamed(t *testing.T) {
	t.Parallel()
	sink := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer sink.Close()
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: sink.Certificate().Raw}))
	for certs, want := range map[string]bool{"": false, ca: true} {
		vars := settings(t)
		vars["K_SINK"], vars["K_CA_CERTS"] = sink.URL, certs
		if took := emit(t, vars); took != want {
			t.Errorf("with %d bytes of CAs the sink took it: %v", len(certs), took)
		}
	}
	vars := settings(t)
	vars["K_CA_CERTS"] = "no certificate"
	if _, err := function.OpenBase(environment(vars), "echo"); err == nil {
		t.Error("a bad certificate opens")
	}
}

// A sink that redirects has not taken the event, whatever stands there.
func TestARedirectionIsNoSuccess(t *testing.T) {
	t.Parallel()
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/sorry", http.StatusFound)
		}
	}))
	defer sink.Close()
	vars := settings(t)
	vars["K_SINK"] = sink.URL + "/"
	if emit(t, vars) {
		t.Error("the event is gone")
	}
}

func TestCallsKeepTheirConnections(t *testing.T) {
	t.Parallel()
	client := function.HTTPClient()
	if client.Timeout <= 0 || client.Timeout > time.Minute || client.Transport.(*http.Transport).MaxIdleConnsPerHost < 32 {
		t.Errorf("timeout %v", client.Timeout)
	}
}
