package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"paceline/shared/function/fault"
)

// The parameters of new hashes: OWASP's and ASVS's floor for argon2id.
const (
	hashTime    = 1
	hashMemory  = 46 << 10 // KiB
	hashThreads = 1
	saltBytes   = 16
	keyBytes    = 32

	minPassword = 15 // characters, for a password that is the only factor
	maxPassword = 1024
)

// checkPassword applies NIST SP 800-63B: length counts, composition does not,
// and it must not be what everybody would try for this person.
func checkPassword(password, email, name string) error {
	switch n := utf8.RuneCountInString(norm.NFC.String(password)); {
	case !utf8.ValidString(password):
		return fault.Invalid("password_invalid", "the password is not valid UTF-8")
	case n < minPassword:
		return fault.Invalid("password_too_short", "a password has at least %d characters", minPassword)
	case len(password) > maxPassword:
		return fault.Invalid("password_too_long", "a password has at most %d bytes", maxPassword)
	}
	local, _, _ := strings.Cut(normalEmail(email), "@")
	rest := strings.ToLower(password)
	for _, word := range []string{normalEmail(email), local, strings.ToLower(name), "paceline", "password", "123456789", "12345678", "qwertyuiop"} {
		if len(word) > 3 {
			rest = strings.ReplaceAll(rest, word, "")
		}
	}
	if distinct(rest) < 4 {
		return fault.Invalid("password_too_common", "this password is easy to guess from your name, your address or by habit")
	}
	return nil
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// hasher hashes passwords, not more at once than memory allows.
type hasher struct {
	slots chan struct{}
	dummy string // verified when there is no account, so that both take as long
}

func newHasher(slots int) *hasher {
	salt := make([]byte, saltBytes)
	return &hasher{slots: make(chan struct{}, max(1, slots)), dummy: encodeHash(hashTime, hashMemory, hashThreads, salt, make([]byte, keyBytes))}
}

func (h *hasher) acquire(ctx context.Context) error {
	wait, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-wait.Done():
		return fault.Unavailable("too_many_sign_ins", 2*time.Second, wait.Err())
	}
}

// hash makes the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.acquire(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	key := argon2.IDKey(normal(password), salt, hashTime, hashMemory, hashThreads, keyBytes)
	return encodeHash(hashTime, hashMemory, hashThreads, salt, key), nil
}

// verify says whether password is the one that phc was made of. An empty phc
// is never right, and takes as long.
func (h *hasher) verify(ctx context.Context, phc, password string) (bool, error) {
	known := phc != ""
	if !known {
		phc = h.dummy
	}
	p, err := decodeHash(phc)
	if err != nil {
		return false, err
	}
	if err := h.acquire(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.slots }()
	key := argon2.IDKey(normal(password), p.salt, p.time, p.memory, p.threads, uint32(len(p.key)))
	return subtle.ConstantTimeCompare(key, p.key) == 1 && known, nil
}

// normal makes the two ways to write an accented letter one password.
func normal(password string) []byte { return []byte(norm.NFC.String(password)) }

type phcHash struct {
	time, memory uint32
	threads      uint8
	salt, key    []byte
}

func encodeHash(t, m uint32, p uint8, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, m, t, p, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// decodeHash refuses costs with which a stored hash could exhaust the process.
func decodeHash(phc string) (phcHash, error) {
	bad := errors.New("accounts: stored password hash is not one of ours")
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phcHash{}, bad
	}
	var out phcHash
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &out.memory, &out.time, &out.threads); err != nil {
		return phcHash{}, bad
	}
	if out.memory > 256<<10 || out.time < 1 || out.time > 10 || out.threads < 1 || out.threads > 8 {
		return phcHash{}, bad
	}
	var err1, err2 error
	out.salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
	out.key, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(out.salt) < 8 || len(out.key) != keyBytes {
		return phcHash{}, bad
	}
	return out, nil
}
