package accounts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// passwordKey keys the step before argon2id, so that stored hashes alone, from
// a stolen backup say, cannot be guessed at. The zero key leaves the step out.
type passwordKey struct {
	id     string
	secret []byte
}

// passwordKeys are the keys that stored hashes may be of, the newest first.
type passwordKeys []passwordKey

// minKey is the fewest bytes of a key.
const minKey = 32

// parsePasswordKeys reads a key a line. The first makes new hashes; those of
// the others are made anew when their person signs in.
func parsePasswordKeys(text string) (passwordKeys, error) {
	var keys passwordKeys
	for line := range strings.Lines(text) {
		secret := strings.TrimSpace(line)
		if secret == "" {
			continue
		}
		if len(secret) < minKey {
			return nil, errors.New("a key is shorter than 32 bytes")
		}
		sum := sha256.Sum256([]byte("password key " + secret))
		keys = append(keys, passwordKey{hex.EncodeToString(sum[:4]), []byte(secret)})
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no key in it")
	}
	return keys, nil
}

func (k passwordKeys) newest() passwordKey { return k[0] }

// find is the key of an id; no id is the zero key.
func (k passwordKeys) find(id string) (passwordKey, bool) {
	for _, key := range k {
		if key.id == id {
			return key, true
		}
	}
	return passwordKey{}, id == ""
}

// apply is what argon2id gets of a password, all of it.
func (k passwordKey) apply(password string) []byte {
	normal := normalPassword(password)
	if k.secret == nil {
		return []byte(normal)
	}
	h := hmac.New(sha256.New, k.secret)
	h.Write([]byte(normal))
	return h.Sum(nil)
}
