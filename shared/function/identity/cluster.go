package identity

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"paceline/shared/function/fault"
)

// clusterMethods are what API servers sign ServiceAccount tokens with.
var clusterMethods = []string{oidc.RS256, oidc.ES256}

// clusterMethodsJose is the same for the parser.
var clusterMethodsJose = []jose.SignatureAlgorithm{jose.RS256, jose.ES256}

// ClusterVerifier checks tokens that a Kubernetes cluster issues to the
// ServiceAccounts with which Eventing delivers events in one namespace.
type ClusterVerifier struct {
	issuer, audience, prefix string
	source                   KeySource
	now                      func() time.Time

	mu     sync.Mutex
	keys   jose.JSONWebKeySet
	looked time.Time
}

// deliverer is in the name of every ServiceAccount that Eventing makes for one
// of its objects, such as upload-sweep-oidc-eventing.knative.dev-trigger. Of a
// name that would be longer than 63 characters Eventing keeps the beginning,
// and a digest of 32 digits instead of the rest.
var deliverer = regexp.MustCompile(`-oidc-|[0-9a-f]{32}$`)

// NewClusterVerifier accepts tokens of issuer for audience, of ServiceAccounts
// that Eventing made in namespace. source is the cluster's JWKS.
func NewClusterVerifier(issuer, audience, namespace string, source KeySource, now func() time.Time) *ClusterVerifier {
	return &ClusterVerifier{issuer: issuer, audience: audience, prefix: "system:serviceaccount:" + namespace + ":", source: source, now: now}
}

// Request verifies the bearer token of r, as Verifier.Request does. A key that
// is not known is "unavailable": the cluster may have changed its keys, and an
// event is not to be lost over that.
func (v *ClusterVerifier) Request(r *http.Request) (Caller, error) {
	raw, err := bearer(r)
	if err != nil {
		return Caller{}, err
	}
	if len(raw) > maxToken {
		return Caller{}, invalid(errors.New("too long"))
	}
	keys, err := v.find(r.Context(), raw)
	if err != nil {
		return Caller{}, err
	}
	token, err := oidc.NewVerifier(v.issuer, keys, &oidc.Config{
		ClientID: v.audience, SupportedSigningAlgs: clusterMethods, Now: v.now,
	}).Verify(r.Context(), raw)
	if err != nil {
		return Caller{}, invalid(err)
	}
	account, ours := strings.CutPrefix(token.Subject, v.prefix)
	if !ours || !deliverer.MatchString(account) {
		return Caller{}, fault.Forbidden("token_subject", "%s does not deliver events here", token.Subject)
	}
	return Caller{Issuer: v.issuer, Actor: account, Roles: []Role{Workload}}, nil
}

// find is the key that a token names.
func (v *ClusterVerifier) find(ctx context.Context, raw string) (oidc.KeySet, error) {
	parsed, err := jose.ParseSigned(raw, clusterMethodsJose)
	if err != nil || len(parsed.Signatures) != 1 {
		return nil, invalid(errors.Join(errors.New("not a token of the cluster"), err))
	}
	kid := parsed.Signatures[0].Header.KeyID
	v.mu.Lock()
	defer v.mu.Unlock()
	keys := v.keys.Key(kid)
	age := v.now().Sub(v.looked)
	if len(keys) == 0 && age >= keysMinAge || age >= keysMaxAge {
		if err := v.read(ctx); err != nil && len(keys) == 0 {
			return nil, fault.Unavailable("keys_unavailable", keysMinAge, err)
		}
		keys = v.keys.Key(kid)
	}
	if len(keys) != 1 {
		return nil, fault.Unavailable("keys_unavailable", keysMinAge, fmt.Errorf("identity: the cluster's key %q is not known", kid))
	}
	return &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{keys[0].Key}}, nil
}

func (v *ClusterVerifier) read(ctx context.Context) error {
	v.looked = v.now()
	doc, err := v.source(ctx)
	if err != nil {
		return err
	}
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(doc, &keys); err != nil {
		return fmt.Errorf("identity: the cluster's JWKS: %w", err)
	}
	v.keys = keys
	return nil
}
