package accounts

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"paceline/shared/api"
	"paceline/shared/function/fault"
)

// Factors are what a person can prove who they are with besides the password.
type Factors struct {
	TOTP     *TOTP     `json:"totp,omitempty"`
	Passkeys []Passkey `json:"passkeys,omitempty"`
	Recovery []string  `json:"recovery,omitempty"` // digests of the codes that are left
}

// TOTP is an app that shows a new code each 30 seconds (RFC 6238).
type TOTP struct {
	Secret      string    `json:"secret"`
	ConfirmedAt time.Time `json:"confirmed_at"` // zero until the first code came
	Step        int64     `json:"step"`         // of the last code that was used: each works once
}

const (
	totpPeriod    = 30
	totpSkew      = 1 // steps that a clock may be wrong by
	recoveryCodes = 10
	recoveryRunes = 16 // of base32: 80 bits
)

var totpOptions = totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// on says whether a password alone is not enough.
func (f Factors) on() bool { return f.totpOn() || len(f.Passkeys) > 0 }

// any says whether there is anything: an app that waits for its first code is.
func (f Factors) any() bool { return f.TOTP != nil || len(f.Passkeys) > 0 || len(f.Recovery) > 0 }

func (f Factors) totpOn() bool { return f.TOTP != nil && !f.TOTP.ConfirmedAt.IsZero() }

// ways are what a sign-in may go on with.
func (f Factors) ways() []string {
	var ways []string
	if f.totpOn() {
		ways = append(ways, "totp")
	}
	if len(f.Passkeys) > 0 {
		ways = append(ways, "passkey")
	}
	if len(f.Recovery) > 0 {
		ways = append(ways, "recovery_code")
	}
	return ways
}

func errSecondFactor() error {
	return fault.Unauthorized("second_factor_invalid", "the code is wrong, or was used before")
}

// use takes a code of the app or a recovery code, once.
func (f *Factors) use(code string, now time.Time) error {
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
	if f.totpOn() && f.TOTP.use(code, now) {
		return nil
	}
	digest := storedToken(code)
	for i, want := range f.Recovery {
		if subtle.ConstantTimeCompare([]byte(want), []byte(digest)) == 1 {
			f.Recovery = slices.Delete(f.Recovery, i, i+1)
			return nil
		}
	}
	return errSecondFactor()
}

// use takes a code that is newer than the last one.
func (t *TOTP) use(code string, now time.Time) bool {
	step := now.Unix() / totpPeriod
	for s := step - totpSkew; s <= step+totpSkew; s++ {
		want, err := totp.GenerateCodeCustom(t.Secret, time.Unix(s*totpPeriod, 0), totpOptions)
		if err == nil && s > t.Step && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			t.Step = s
			return true
		}
	}
	return false
}

// newTOTP is an app that waits for its first code, and the address that its
// QR code shows.
func newTOTP(account string) (*TOTP, string, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Paceline", AccountName: account, Period: totpPeriod, SecretSize: 20, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return nil, "", err
	}
	return &TOTP{Secret: key.Secret()}, key.URL(), nil
}

// renewRecovery makes new recovery codes, which are shown once; the old ones end.
func (f *Factors) renewRecovery() []string {
	f.Recovery = nil
	var shown []string
	for range recoveryCodes {
		code := rand.Text()[:recoveryRunes]
		f.Recovery = append(f.Recovery, storedToken(code))
		shown = append(shown, strings.ToLower(code[:4]+"-"+code[4:8]+"-"+code[8:12]+"-"+code[12:]))
	}
	return shown
}

// dropUnused takes the recovery codes away with the last factor.
func (f *Factors) dropUnused() {
	if !f.on() {
		f.Recovery = nil
	}
}

func (f Factors) shown() api.Factors {
	out := api.Factors{Passkeys: []api.Passkey{}, RecoveryCodesLeft: len(f.Recovery)}
	if f.totpOn() {
		out.Totp = &api.Totp{ConfirmedAt: f.TOTP.ConfirmedAt}
	}
	for _, p := range f.Passkeys {
		out.Passkeys = append(out.Passkeys, p.shown())
	}
	return out
}

// Passkey is a key of a device or a password manager that signs in by itself.
type Passkey struct {
	Name       string    `json:"name"`
	CreatedAt  time.Time `json:"created_at"`
	UsedAt     time.Time `json:"used_at"`
	Credential []byte    `json:"credential"` // as the WebAuthn library has it, in JSON
	ID         string    `json:"id"`         // a name for the API
}

func passkeyID(credential []byte) string {
	sum := sha256.Sum256(credential)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

func (p Passkey) shown() api.Passkey {
	return api.Passkey{ID: p.ID, Name: p.Name, CreatedAt: p.CreatedAt, LastUsedAt: p.UsedAt}
}
