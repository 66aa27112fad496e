package accounts

import (
	_ "embed"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	zxcvbn "github.com/ccojocar/zxcvbn-go"
	"github.com/ccojocar/zxcvbn-go/matching"
	"golang.org/x/text/unicode/norm"

	"paceline/shared/breached"
	"paceline/shared/function/fault"
)

const (
	minPassword       = 15 // characters, for a password that is the only factor
	minBesideASecond  = 8  // characters, for one beside a second factor
	maxPassword       = 1024
	minBits           = 27 // as zxcvbn counts: more than 10⁸ guesses
	minBitsOfDigits   = 20
	maxScored         = 64 // characters that are scored: zxcvbn's time grows with their square
	minDistinct       = 4  // characters besides what is known of the person
	minPersonalLength = 4  // of a word that is taken out
)

// embedded is the list that tools/breachlist makes.
//
//go:embed breached.bin
var embedded []byte

// passwordRules are NIST SP 800-63B-4's: length counts, composition does not,
// and a password must be neither on a list of leaked ones nor what a guesser
// would try for this person.
type passwordRules struct{ leaked []*breached.List }

// newPasswordRules takes the list in the binary, and the one in file if any.
func newPasswordRules(file string) (passwordRules, error) {
	own, err := breached.Parse(embedded)
	if err != nil {
		return passwordRules{}, err
	}
	rules := passwordRules{[]*breached.List{own}}
	if file == "" {
		return rules, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return rules, fmt.Errorf("BREACHED_PASSWORDS_FILE: %w", err)
	}
	more, err := breached.Parse(b)
	if err != nil {
		return rules, fmt.Errorf("BREACHED_PASSWORDS_FILE: %w", err)
	}
	rules.leaked = append(rules.leaked, more)
	return rules, nil
}

// checkSize refuses what is not hashed at all, before anything costs time.
func checkSize(password string) error {
	switch {
	case len(password) > maxPassword:
		return fault.Invalid("password_too_long", "a password has at most %d bytes", maxPassword)
	case !utf8.ValidString(password):
		return fault.Invalid("password_invalid", "the password is not valid UTF-8")
	}
	return nil
}

// normalPassword makes the two ways to write an accented letter one.
func normalPassword(password string) string { return norm.NFC.String(password) }

func errShort(least int) error {
	return fault.Invalid("password_too_short", "a password has at least %d characters", least)
}

// check says why a may not have password, if so. Beside a second factor it may
// be shorter.
func (p passwordRules) check(password string, a Account, second bool) error {
	if err := checkSize(password); err != nil {
		return err
	}
	least := minPassword
	if second {
		least = minBesideASecond
	}
	password = normalPassword(password)
	if utf8.RuneCountInString(password) < least {
		return errShort(least)
	}
	common := func(reason, text string) error {
		return fault.Invalid("password_too_common", "%s", text).With("reason", reason)
	}
	switch words := personal(a); {
	case p.isLeaked(password):
		return common("leaked", "this password is on a list of stolen ones that everybody has: choose another")
	case distinct(without(strings.ToLower(password), words)) < minDistinct:
		return common("personal", "this password is easy to guess from your name, your address or by habit")
	case guessable(password, words):
		return common("guessable", "this password is easy to guess: take a few words that do not belong together")
	}
	return nil
}

func (p passwordRules) isLeaked(password string) bool {
	for _, list := range p.leaked {
		if list.Has(password) || list.Has(strings.ToLower(password)) {
			return true
		}
	}
	return false
}

// personal is what a guesser of a's password would try: words of the person
// and of the brand.
func personal(a Account) []string {
	email := normalEmail(a.Email)
	local, domain, _ := strings.Cut(email, "@")
	words := []string{email, local, domain, strings.ToLower(a.DisplayName), "paceline", "password", "123456789", "12345678", "qwertyuiop"}
	return append(words, strings.FieldsFunc(local+" "+strings.ToLower(a.DisplayName)+" "+domain, func(r rune) bool {
		return strings.ContainsRune(" .-_+", r)
	})...)
}

// without takes words out of password, the longest of the beginning first.
func without(password string, words []string) string {
	for _, word := range words {
		if utf8.RuneCountInString(word) >= minPersonalLength {
			password = strings.ReplaceAll(password, word, "")
		}
	}
	return password
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// guessable says what zxcvbn makes of the beginning: what cannot be guessed does
// not become guessable by what follows. Where there are digits only it takes any
// eight of them for a date and finds rows on a keypad in random ones, so that
// less is asked of these.
func guessable(password string, words []string) bool {
	if runes := []rune(password); len(runes) > maxScored {
		password = string(runes[:maxScored])
	}
	if strings.Trim(password, "0123456789") == "" {
		return zxcvbn.PasswordStrength(password, words, matching.FilterDateWithoutSepMatcher).Entropy < minBitsOfDigits
	}
	return zxcvbn.PasswordStrength(password, words).Entropy < minBits
}
