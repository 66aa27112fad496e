package accounts

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"paceline/shared/function/fault"
	"paceline/shared/function/store"
)

// ceremonyTTL is how long a browser may take from the options to the answer.
const ceremonyTTL = 5 * time.Minute

// The kinds of ceremony: what is begun as one is not finished as another.
const (
	ceremonySignIn   = "sign in"
	ceremonyRegister = "register"
	ceremonyAgain    = "reauthenticate"
)

// ceremony is one run of WebAuthn. It travels with the browser, sealed by a MAC,
// so that whoever only begins one leaves nothing behind.
type ceremony struct {
	Kind    string
	Session webauthn.SessionData
	Until   time.Time
}

func errCeremony() error {
	return fault.BadRequest("invalid_ceremony", "this was not begun here, was finished, or is too old; begin again")
}

func errPasskey(err error) error {
	return fault.Unauthorized("passkey_invalid", "the passkey does not prove who you are").Because(err)
}

// begun is the ceremony as the browser holds it.
func (k keyring) begun(kind string, s webauthn.SessionData, now time.Time) (string, error) {
	s.Expires = time.Time{} // the library has a clock of its own; ours is Until
	raw, err := json.Marshal(ceremony{kind, s, now.Add(ceremonyTTL)})
	if err != nil {
		return "", err
	}
	body := base64.RawURLEncoding.EncodeToString(raw)
	return body + "." + k.mac("ceremony", body), nil
}

// resume opens what begun made.
func (k keyring) resume(kind, token string, now time.Time) (webauthn.SessionData, error) {
	body, mac, _ := strings.Cut(token, ".")
	if subtle.ConstantTimeCompare([]byte(mac), []byte(k.mac("ceremony", body))) != 1 {
		return webauthn.SessionData{}, errCeremony()
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return webauthn.SessionData{}, errCeremony()
	}
	var c ceremony
	if err := json.Unmarshal(raw, &c); err != nil || c.Kind != kind || now.After(c.Until) {
		return webauthn.SessionData{}, errCeremony()
	}
	return c.Session, nil
}

// once makes sure that a ceremony is finished once.
func once(t *store.Tx, user string, s webauthn.SessionData) error {
	key := t.Key("ceremony", user, storedToken(s.Challenge))
	var done bool
	if _, err := t.Get(key, &done); err != nil {
		return err
	}
	if done {
		return errCeremony()
	}
	return t.Set(key, true, 2*ceremonyTTL)
}

// relyingParty is what passkeys are bound to: the host that people see. An
// address of this machine has none, so that there "localhost" stands for it.
func relyingParty(publicURL string) (*webauthn.WebAuthn, error) {
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" {
		return nil, fault.Invalid("PUBLIC_URL", "%q is not an address", publicURL)
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		host = "localhost"
	}
	origin := url.URL{Scheme: u.Scheme, Host: host}
	if port := u.Port(); port != "" {
		origin.Host = net.JoinHostPort(host, port)
	}
	resident := true
	return webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: "Paceline", RPOrigins: []string{origin.String()}, AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &resident, ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
}
