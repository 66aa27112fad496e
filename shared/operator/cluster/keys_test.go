package cluster_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	ktesting "k8s.io/client-go/testing"

	"paceline/shared/function/identity"
	"paceline/shared/operator/cluster"
)

// every update is refused once for a race, and every third one for an outage:
// a rotation on Secrets ends all the same, with the keys that the JWKS names.
func TestKeysOfAClusterRotate(t *testing.T) {
	t.Parallel()
	n, client := server(t)
	if _, err := n.Apply(t.Context(), services(t), settings); err != nil {
		t.Fatal(err)
	}
	old, err := cluster.Keys{Namespace: n}.KeySet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	outage, updates := errors.New("the API server is away"), 0
	client.PrependReactor("update", "*", func(a ktesting.Action) (bool, runtime.Object, error) {
		updates++
		switch {
		case updates%2 == 1:
			return true, nil, apierrors.NewConflict(a.GetResource().GroupResource(), "x", errors.New("raced"))
		case updates%6 == 0:
			return true, nil, outage
		}
		return false, nil, nil
	})
	begun, outages := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC), 0
	now := begun
	for ; now.Sub(begun) < time.Hour; now = now.Add(10 * time.Second) {
		p, err := identity.Rotate(t.Context(), cluster.Keys{Namespace: n}, now, 2*time.Minute, false)
		if err != nil && !errors.Is(err, outage) {
			t.Fatal(err)
		}
		if err != nil {
			outages++
		}
		if p.Done && err == nil {
			break
		}
	}
	if took := now.Sub(begun); outages == 0 || took < 15*time.Minute || took > 20*time.Minute {
		t.Errorf("%d outages, %v", outages, took)
	}
	set, err := cluster.Keys{Namespace: n}.KeySet(t.Context())
	if err != nil || set.Rotation != nil || !slices.Equal(set.Issuers(), []string{"gateway", "stats"}) || len(set.Signing()) != 2 {
		t.Fatalf("%+v %v", set, err)
	}
	parts, err := cluster.Keys{Namespace: n}.Parts(t.Context())
	if err != nil || len(parts) != 2 {
		t.Fatalf("%v %v", parts, err)
	}
	for _, part := range parts {
		key, err := identity.ParseKey(part.Issuer, part.Current)
		if err != nil || part.Next != nil || !set.Has(key.ID()) || old.Has(key.ID()) {
			t.Errorf("%s: %s, next %v, error %v", part.Issuer, key.ID(), part.Next, err)
		}
	}
}

func TestWithoutKeysThereIsNothingToRotate(t *testing.T) {
	t.Parallel()
	n, client := server(t)
	if _, err := identity.Rotate(t.Context(), cluster.Keys{Namespace: n}, time.Time{}, 0, false); err == nil || !strings.Contains(err.Error(), "kn paceline secrets") {
		t.Errorf("error %v", err)
	}
	if w := writes(client.Actions()); w != 0 {
		t.Errorf("%d writes", w)
	}
}
