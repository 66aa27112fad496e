package function

import (
	"context"
	"net/http"
	"strings"
	"time"

	"paceline/events"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
)

// Namespace is where the manifests put the platform in a cluster.
const Namespace = "paceline"

// verifier says who makes a request.
type verifier interface {
	Request(r *http.Request) (identity.Caller, error)
}

// deliveries says who may deliver events.
type deliveries struct {
	broker verifier
	// open lets a delivery in that names nobody: a cluster's Eventing sends no
	// tokens unless it is told to, and then the event's own signature decides.
	open bool
}

// openDeliveries believes the cluster's tokens where it knows its issuer, and
// else those of our own broker.
func openDeliveries(c IdentityConfig, name string, keys identity.KeySource, now func() time.Time) deliveries {
	if c.ClusterIssuer == "" {
		return deliveries{broker: identity.NewVerifier(identity.WorkloadType, name, []string{BrokerName}, keys, now)}
	}
	cluster := fileSource("CLUSTER_JWKS_FILE", c.ClusterKeysFile)
	return deliveries{broker: identity.NewClusterVerifier(c.ClusterIssuer, name, Namespace, cluster, now), open: true}
}

func (d deliveries) handler(next http.Handler) http.Handler {
	known := verified(d.broker, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.open && r.Header["Authorization"] == nil {
			next.ServeHTTP(w, r)
			return
		}
		known.ServeHTTP(w, r)
	})
}

// believe takes an event of the platform for its sender's signature, and one
// from outside, of a PingSource, for the token of who delivers it.
func (b *Base) believe(ctx context.Context, e events.Envelope, signature string) error {
	if strings.HasPrefix(e.Source, events.Source("")) || len(events.Senders(e.Type)) > 0 {
		return b.events.Event(ctx, e, signature)
	}
	if !identity.CallerFrom(ctx).Has(identity.Workload) {
		return fault.Unauthorized("token_missing", "an event from outside needs the token of who delivers it")
	}
	return nil
}
