package accounts

import (
	"strings"
	"time"
)

// Config is what this function reads besides function.Config.
type Config struct {
	// SecretKey keys the refresh tokens: 32 bytes or more in a file.
	SecretKey string `env:"ACCOUNTS_KEY_FILE,file,notEmpty,required"`
	// PublicURL is the address that people see: passkeys are bound to its host.
	PublicURL string `env:"PUBLIC_URL,notEmpty,required"`
	// AdminEmails are addresses whose proof gives the role admin, separated by commas.
	AdminEmails []string `env:"ADMIN_EMAILS" envSeparator:","`
	// ObjectsURL is where exports are put together; see objects.Open.
	ObjectsURL string `env:"OBJECTS_URL,notEmpty,required"`
	// PasswordKeys key the hashes of passwords: one of 32 bytes or more a line, the
	// newest first.
	PasswordKeys string `env:"PASSWORD_KEYS_FILE,file,notEmpty,required"`
	// BreachedPasswords is a list of leaked passwords besides the one that is in
	// the binary, as 'kn paceline breach-list build' makes it.
	BreachedPasswords string `env:"BREACHED_PASSWORDS_FILE"`
	// Hashes bounds how many passwords are hashed at once; each takes 46 MiB.
	Hashes int `env:"PASSWORD_HASHES" envDefault:"2"`
}

// How long things hold.
const (
	unprovenTTL = 7 * 24 * time.Hour
	verifyTTL   = 24 * time.Hour
	resetTTL    = 10 * time.Minute
	sessionTTL  = 30 * 24 * time.Hour
	sameAnswer  = 10 * time.Second // a lost answer to a refresh may be asked for again
)

func (c Config) isAdmin(email string) bool {
	for _, a := range c.AdminEmails {
		if normalEmail(a) == normalEmail(email) && strings.TrimSpace(a) != "" {
			return true
		}
	}
	return false
}
