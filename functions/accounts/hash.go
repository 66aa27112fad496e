package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"time"

	"golang.org/x/crypto/argon2"

	"paceline/shared/function/fault"
)

// hashCost is what one hash takes.
type hashCost struct {
	time, memory uint32 // passes, KiB
	threads      uint8
}

// The costs of new hashes: OWASP's and ASVS's floor for argon2id.
var newCost = hashCost{time: 1, memory: 46 << 10, threads: 1}

const (
	saltBytes = 16
	keyBytes  = 32

	maxHashWait = 5 * time.Second
	waitersEach = 16 // who may wait for a slot, for each slot
)

// hasher hashes passwords, not more at once than memory allows.
type hasher struct {
	slots   chan struct{}
	waiting chan struct{}
	keys    passwordKeys
	dummy   phcHash // verified when there is no account, so that both take as long
	derive  func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte
}

func newHasher(slots int, keys passwordKeys) *hasher {
	slots = max(1, slots)
	return &hasher{
		slots: make(chan struct{}, slots), waiting: make(chan struct{}, slots*waitersEach), keys: keys, derive: argon2.IDKey,
		dummy: phcHash{hashCost: newCost, keyID: keys.newest().id, salt: make([]byte, saltBytes), key: make([]byte, keyBytes)},
	}
}

// acquire takes a slot. Who would wait too long is told to come again: the
// memory of a hash is what an attack would exhaust.
func (h *hasher) acquire(ctx context.Context) error {
	full := func(err error) error { return fault.Unavailable("too_many_sign_ins", 2*time.Second, err) }
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return full(nil)
	}
	wait, cancel := context.WithTimeout(ctx, maxHashWait)
	defer cancel()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-wait.Done():
		return full(wait.Err())
	}
}

// run computes p's key for password.
func (h *hasher) run(ctx context.Context, p phcHash, pepper passwordKey, password string) ([]byte, error) {
	if err := h.acquire(ctx); err != nil {
		return nil, err
	}
	defer func() { <-h.slots }()
	return h.derive(pepper.apply(password), p.salt, p.time, p.memory, p.threads, keyBytes), nil
}

// hash makes the stored form of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	p := phcHash{hashCost: newCost, keyID: h.keys.newest().id, salt: make([]byte, saltBytes)}
	_, _ = rand.Read(p.salt) // never fails
	var err error
	if p.key, err = h.run(ctx, p, h.keys.newest(), password); err != nil {
		return "", err
	}
	return p.String(), nil
}

// verdict is what a stored form says to a password.
type verdict struct {
	right bool
	old   bool // right, and its costs or its key are not those of new hashes
}

// verify says whether password is the one that phc was made of. An empty phc
// is never right, and takes as long; so does one whose key is gone.
func (h *hasher) verify(ctx context.Context, phc, password string) (verdict, error) {
	if err := checkSize(password); err != nil {
		return verdict{}, err
	}
	p, known := h.dummy, phc != ""
	if known {
		var err error
		if p, err = parseHash(phc); err != nil {
			return verdict{}, err
		}
	}
	pepper, have := h.keys.find(p.keyID)
	key, err := h.run(ctx, p, pepper, password)
	if err != nil {
		return verdict{}, err
	}
	right := subtle.ConstantTimeCompare(key, p.key) == 1 && known && have
	return verdict{right: right, old: right && (p.hashCost != newCost || p.keyID != h.keys.newest().id)}, nil
}
