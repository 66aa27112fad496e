package cluster

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/retry"

	"paceline/shared/broker/manifest"
)

// pausedURI leads nowhere (RFC 6761), so that the broker tries again what it
// has for the trigger, as its delivery says, and then keeps it as dead letters.
// A filter that lets nothing through would lose events instead.
const pausedURI = "http://paused.invalid/events"

// Pause lets a trigger lead nowhere until it is resumed.
func (n Namespace) Pause(ctx context.Context, name string) error {
	return n.setTrigger(ctx, name, map[string]any{"subscriber": manifest.Destination{URI: pausedURI}})
}

// Resume gives a trigger the subscriber and the filter of its manifest.
func (n Namespace) Resume(ctx context.Context, t manifest.Trigger) error {
	return n.setTrigger(ctx, t.Metadata.Name, map[string]any{"subscriber": t.Spec.Subscriber, "filter": t.Spec.Filter})
}

// setTrigger replaces fields of a trigger's spec.
func (n Namespace) setTrigger(ctx context.Context, name string, fields map[string]any) error {
	client := n.Client.Resource(triggers).Namespace(n.Name)
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		u, err := client.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for field, value := range fields {
			var plain any
			if err := convertValue(value, &plain); err != nil {
				return err
			}
			if err := unstructured.SetNestedField(u.Object, plain, "spec", field); err != nil {
				return err
			}
		}
		_, err = client.Update(ctx, u, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return fmt.Errorf("trigger %s: %w", name, err)
	}
	return nil
}
