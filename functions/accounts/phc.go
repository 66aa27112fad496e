package accounts

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// phcHash is a stored password, in PHC string format: $argon2id$v=19$m=47104,
// t=1,p=1,keyid=…$salt$key. keyid names the key of the keyed step; hashes from
// before there was one have none.
type phcHash struct {
	hashCost
	keyID     string
	salt, key []byte
}

// Limits of what is believed of a stored hash: with more, whoever can write one
// could exhaust the process; with less, it protects nothing.
const (
	maxPHC       = 512
	maxHashPower = 256 << 10 // KiB
	minHashPower = 8         // KiB, argon2's own
	maxPasses    = 10
	maxThreads   = 8
	minSalt      = 8
)

var b64 = base64.RawStdEncoding.Strict()

// String is the stored form.
func (p phcHash) String() string {
	keyID := ""
	if p.keyID != "" {
		keyID = ",keyid=" + p.keyID
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d%s$%s$%s", argon2.Version, p.memory, p.time, p.threads, keyID, b64.EncodeToString(p.salt), b64.EncodeToString(p.key))
}

var errStoredHash = errors.New("accounts: stored password hash is not one of ours")

// parseHash reads a stored form, and nothing that differs from what String
// would write.
func parseHash(phc string) (phcHash, error) {
	parts := strings.Split(phc[:min(len(phc), maxPHC)], "$")
	if len(phc) > maxPHC || len(parts) != 6 {
		return phcHash{}, errStoredHash
	}
	var out phcHash
	costs, keyID, _ := strings.Cut(parts[3], ",keyid=")
	if _, err := fmt.Sscanf(costs, "m=%d,t=%d,p=%d", &out.memory, &out.time, &out.threads); err != nil {
		return phcHash{}, errStoredHash
	}
	out.keyID = keyID
	if out.memory < minHashPower || out.memory > maxHashPower || out.time < 1 || out.time > maxPasses || out.threads < 1 || out.threads > maxThreads {
		return phcHash{}, errStoredHash
	}
	var err1, err2 error
	out.salt, err1 = b64.DecodeString(parts[4])
	out.key, err2 = b64.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(out.salt) < minSalt || len(out.key) != keyBytes || out.String() != phc {
		return phcHash{}, errStoredHash
	}
	return out, nil
}
