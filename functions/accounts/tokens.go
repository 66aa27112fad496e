package accounts

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"paceline/shared/function/identity"
)

// keyring derives what must not be guessable from what is stored.
type keyring struct{ key []byte }

func (k keyring) mac(parts ...string) string {
	h := hmac.New(sha256.New, k.key)
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// Session is one sign-in and its chain of refresh tokens.
type Session struct {
	ID         string    `json:"id"`
	Salt       string    `json:"salt"`
	Generation int64     `json:"generation"` // of the refresh token that works now
	CreatedAt  time.Time `json:"created_at"`
	RotatedAt  time.Time `json:"rotated_at"`
	UserAgent  string    `json:"user_agent,omitempty"`
	// AuthTime is when the person last proved who they are in this session, and
	// Methods is how, in the names of RFC 8176.
	AuthTime time.Time `json:"auth_time"`
	Methods  []string  `json:"amr,omitempty"`
}

func newSession(id, userAgent string, methods []string, now time.Time) Session {
	return Session{
		ID: id, Salt: rand.Text(), Generation: 1, CreatedAt: now, RotatedAt: now, UserAgent: userAgent[:min(len(userAgent), 200)],
		AuthTime: now, Methods: methods,
	}
}

// caller is what the session's access tokens say.
func (s Session) caller(a Account) identity.Caller {
	return identity.Caller{UserID: a.UserID, SessionID: s.ID, Roles: a.Roles, AuthTime: s.AuthTime, Methods: s.Methods}
}

// refreshToken is the token of the session's generation.
func (k keyring) refreshToken(user string, s Session) string {
	n := strconv.FormatInt(s.Generation, 10)
	return strings.Join([]string{user, s.ID, n, k.mac("refresh", user, s.ID, n, s.Salt)}, ".")
}

// parsedRefresh is a refresh token taken apart, not yet believed.
type parsedRefresh struct {
	user, session, mac string
	generation         int64
}

func parseRefresh(token string) (parsedRefresh, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 4 || len(token) > 512 {
		return parsedRefresh{}, false
	}
	n, err := strconv.ParseInt(parts[2], 10, 64)
	return parsedRefresh{user: parts[0], session: parts[1], generation: n, mac: parts[3]}, err == nil && strconv.FormatInt(n, 10) == parts[2]
}

// rotation is what becomes of a session when a refresh token comes.
type rotation int

const (
	refused rotation = iota // not a token of this session
	rotated                 // the session moved to its next generation
	again                   // the same successor once more
	reused                  // the session must end
)

// rotate judges p and moves the session on.
func (k keyring) rotate(s *Session, p parsedRefresh, now time.Time) rotation {
	want := k.mac("refresh", p.user, p.session, strconv.FormatInt(p.generation, 10), s.Salt)
	switch {
	case subtle.ConstantTimeCompare([]byte(want), []byte(p.mac)) != 1 || p.generation > s.Generation:
		return refused
	case p.generation == s.Generation:
		s.Generation++
		s.RotatedAt = now
		return rotated
	case p.generation == s.Generation-1 && now.Sub(s.RotatedAt) <= sameAnswer:
		return again
	}
	return reused
}

// mailToken is a token for a link in a mail, and what is stored of it.
func mailToken(user string) (token, stored string) {
	secret := rand.Text()
	return user + "." + secret, storedToken(secret)
}

func storedToken(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func parseMailToken(token string) (user, stored string, ok bool) {
	user, secret, ok := strings.Cut(token, ".")
	return user, storedToken(secret), ok && user != "" && len(token) <= 512
}
