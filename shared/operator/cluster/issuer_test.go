package cluster

import (
	"context"
	"errors"
	"strings"
	"testing"

	"paceline/shared/broker/manifest"
)

// wantsIssuer is a Service that verifies the cluster's tokens.
func wantsIssuer() []manifest.Service {
	var s manifest.Service
	s.Metadata.Name = "stats"
	issuer := manifest.EnvVar{Name: "CLUSTER_ISSUER", ValueFrom: &manifest.EnvSource{ConfigMapKeyRef: &manifest.KeyRef{Name: "paceline-config", Key: "cluster-issuer"}}}
	s.Spec.Template.Spec.Containers = []manifest.Container{{Env: []manifest.EnvVar{issuer}}}
	return []manifest.Service{s}
}

func TestTheIssuerIsAskedOfTheAPIServer(t *testing.T) {
	t.Parallel()
	answers := map[string]string{"/.well-known/openid-configuration": `{"issuer":"https://cluster.example"}`, "/openid/v1/jwks": `{"keys":[]}`}
	raw := func(_ context.Context, path string) ([]byte, error) {
		if answers[path] == "" {
			return nil, errors.New(path + ": away")
		}
		return []byte(answers[path]), nil
	}
	s, err := withIssuer(t.Context(), raw, wantsIssuer(), Settings{})
	if err != nil || s.Values[issuerAt] != "https://cluster.example" || s.Values[issuerKeysAt] != `{"keys":[]}` {
		t.Errorf("values %v, error %v", s.Values, err)
	}
	given := Settings{Values: map[string]string{issuerAt: "https://other.example", issuerKeysAt: "{}"}}
	if s, err := withIssuer(t.Context(), nil, wantsIssuer(), given); err != nil || s.Values[issuerAt] != "https://other.example" {
		t.Errorf("what an operator gives is changed: %v, %v", s.Values, err)
	}
	if s, err := withIssuer(t.Context(), nil, nil, Settings{}); err != nil || len(s.Values) > 0 {
		t.Errorf("nobody wants it: %v, %v", s.Values, err)
	}
	for path, bad := range map[string]string{"/openid/v1/jwks": "", "/.well-known/openid-configuration": "{}"} {
		answers[path] = bad
		if _, err := withIssuer(t.Context(), raw, wantsIssuer(), Settings{}); err == nil || !strings.Contains(err.Error(), "cluster's tokens") {
			t.Errorf("%s is %q: %v", path, bad, err)
		}
	}
}
