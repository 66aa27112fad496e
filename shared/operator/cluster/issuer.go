package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"paceline/shared/broker/manifest"
)

// Where functions find by whom and with which keys the cluster signs the tokens
// of its ServiceAccounts.
const (
	issuerAt     = "paceline-config/cluster-issuer"
	issuerKeysAt = "paceline-jwks/cluster.json"
)

// Raw reads a path of the API server.
type Raw func(ctx context.Context, path string) ([]byte, error)

// withIssuer adds what the API server says of its tokens to the values that
// services want and nobody gave.
func withIssuer(ctx context.Context, raw Raw, services []manifest.Service, s Settings) (Settings, error) {
	wanted := slices.ContainsFunc(services, func(s manifest.Service) bool {
		return slices.ContainsFunc(Needs(s), func(n Need) bool { return n.Name+"/"+n.Key == issuerAt })
	})
	if !wanted || s.Values[issuerAt] != "" {
		return s, nil
	}
	doc, err := raw(ctx, "/.well-known/openid-configuration")
	if err != nil {
		return s, fmt.Errorf("issuer of the cluster's tokens: %w", err)
	}
	var found struct{ Issuer string }
	if err := json.Unmarshal(doc, &found); err != nil || found.Issuer == "" {
		return s, errors.Join(errors.New("issuer of the cluster's tokens: the API server does not say"), err)
	}
	keys, err := raw(ctx, "/openid/v1/jwks")
	if err != nil {
		return s, fmt.Errorf("keys of the cluster's tokens: %w", err)
	}
	values := map[string]string{issuerAt: found.Issuer, issuerKeysAt: string(keys)}
	maps.Copy(values, s.Values)
	s.Values = values
	return s, nil
}
