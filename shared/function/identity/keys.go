package identity

import (
	"context"
	"crypto/ed25519"
	"errors"
	"sync"
	"time"

	"paceline/shared/function/fault"
)

const (
	keysMinAge   = 10 * time.Second // between two looks for an unknown key
	keysMaxAge   = 5 * time.Minute  // after which a key that was taken out is no longer known
	keysRetryAge = time.Second      // between two looks when the last one failed
)

// KeySource returns the current JWKS document.
type KeySource func(ctx context.Context) ([]byte, error)

var (
	errUnknownKey = errors.New("identity: unknown key")
	errKeyNotYet  = errors.New("identity: unknown key, and it is too early to look again")
)

// keyring holds the public keys of all parts and reads them again when a key
// is not known or they have become old.
type keyring struct {
	source KeySource
	now    func() time.Time
	events bool // keys that vouch for events alone are known too

	mu      sync.Mutex
	keys    map[string]ed25519.PublicKey
	looked  time.Time
	failure error // of the last look
}

// find is the key with the id kid: errUnknownKey when there is none,
// errKeyNotYet when there may be one by now, and an unavailable *fault.Error
// when the keys cannot be read. Known keys go on to be known while they cannot
// be read.
func (k *keyring) find(ctx context.Context, kid string) (ed25519.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.keys[kid]
	age := k.now().Sub(k.looked)
	switch {
	case ok && age < keysMaxAge:
		return key, nil
	case k.failure != nil && age < keysRetryAge:
		return k.otherwise(key, ok, k.failure)
	case k.failure == nil && k.keys != nil && age < keysMinAge:
		return nil, errKeyNotYet
	}
	k.failure = k.read(ctx)
	if k.failure != nil {
		return k.otherwise(key, ok, k.failure)
	}
	if key, ok = k.keys[kid]; !ok {
		return nil, errUnknownKey
	}
	return key, nil
}

// otherwise goes on with a key that is known from before.
func (k *keyring) otherwise(key ed25519.PublicKey, ok bool, err error) (ed25519.PublicKey, error) {
	if ok {
		return key, nil
	}
	return nil, fault.Unavailable("keys_unavailable", 2*time.Second, err)
}

func (k *keyring) read(ctx context.Context) error {
	k.looked = k.now()
	doc, err := k.source(ctx)
	if err != nil {
		return err
	}
	set, err := ParseKeySet(doc)
	if err != nil {
		return err
	}
	if len(set.Keys) == 0 { // with it every token would be refused for good
		return errors.New("identity: JWKS: no keys")
	}
	k.keys = map[string]ed25519.PublicKey{}
	for _, key := range set.Keys {
		if key.EventsUntil == nil || k.events && k.looked.Before(*key.EventsUntil) {
			k.keys[key.KeyID] = key.x
		}
	}
	return nil
}
