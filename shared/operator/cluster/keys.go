package cluster

import (
	"context"
	"errors"
	"fmt"

	"paceline/shared/function/identity"
)

// nextKey holds the key that signs after the next step of a rotation.
const nextKey = "next.pem"

// errNoJWKS is what a cluster without keys answers.
var errNoJWKS = fmt.Errorf("there is no ConfigMap %s: 'kn paceline secrets' makes it", jwksObject)

// Keys are the signing keys of a cluster: an identity.Keeper on its Secrets
// and the ConfigMap with the JWKS.
type Keys struct{ Namespace Namespace }

// Parts is every part whose key is published and that has a Secret.
func (k Keys) Parts(ctx context.Context) ([]identity.Part, error) {
	set, err := k.KeySet(ctx)
	if err != nil {
		return nil, err
	}
	var parts []identity.Part
	for _, issuer := range set.Issuers() {
		o, found, err := k.Namespace.get(ctx, Secret, identityPrefix+issuer)
		if err != nil {
			return nil, err
		}
		if !found { // a part outside of this cluster has its key elsewhere
			continue
		}
		p := identity.Part{Issuer: issuer, Current: []byte(o.Data[identityKey])}
		if next, has := o.Data[nextKey]; has {
			p.Next = []byte(next)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// Prepare keeps a next key, unless there is one.
func (k Keys) Prepare(ctx context.Context, issuer string, next []byte) error {
	return k.change(ctx, issuer, func(data map[string]string) {
		if _, has := data[nextKey]; !has {
			data[nextKey] = string(next)
		}
	})
}

// Promote makes the next key the current one, unless that has changed.
func (k Keys) Promote(ctx context.Context, issuer string, next []byte) error {
	return k.change(ctx, issuer, func(data map[string]string) {
		if data[nextKey] == string(next) {
			data[identityKey] = string(next)
			delete(data, nextKey)
		}
	})
}

func (k Keys) change(ctx context.Context, issuer string, change func(data map[string]string)) error {
	_, err := k.Namespace.update(ctx, Secret, identityPrefix+issuer, func(data map[string]string) error {
		if data[identityKey] == "" {
			return errors.New("it has no key " + identityKey)
		}
		change(data)
		return nil
	})
	return err
}

// KeySet reads the public keys.
func (k Keys) KeySet(ctx context.Context) (identity.KeySet, error) {
	o, found, err := k.Namespace.get(ctx, ConfigMap, jwksObject)
	if err == nil && !found {
		err = errNoJWKS
	}
	if err != nil {
		return identity.KeySet{}, err
	}
	return identity.ParseKeySet([]byte(o.Data[jwksKey]))
}

// UpdateKeySet changes the public keys.
func (k Keys) UpdateKeySet(ctx context.Context, change func(*identity.KeySet) error) error {
	_, err := k.Namespace.update(ctx, ConfigMap, jwksObject, func(data map[string]string) error {
		set, err := identity.ParseKeySet([]byte(data[jwksKey]))
		if err != nil {
			return err
		}
		if len(set.Keys) == 0 {
			return errNoJWKS
		}
		if err := change(&set); err != nil {
			return err
		}
		doc, err := set.Document()
		data[jwksKey] = string(doc)
		return err
	})
	return err
}

// UpdateKEK changes the Secret of the key-encryption key.
func (k Keys) UpdateKEK(ctx context.Context, change func(doc []byte) ([]byte, error)) error {
	_, err := k.Namespace.update(ctx, Secret, kekObject, func(data map[string]string) error {
		doc, err := change([]byte(data[kekKey]))
		if err != nil {
			return fmt.Errorf("%s: %w", kekKey, err)
		}
		data[kekKey] = string(doc)
		return nil
	})
	return err
}
