package identity

import "time"

// Role is what a caller is to the platform.
type Role string

// The roles. Guest is nobody in particular: a call without a token to one of
// the few routes that allow it.
const (
	Guest    Role = "guest"
	Member   Role = "member"
	Coach    Role = "coach"
	Support  Role = "support"
	Marketer Role = "marketer"
	Operator Role = "operator"
	Admin    Role = "admin"
	Workload Role = "workload"
)

// Caller is who a verified token speaks for.
type Caller struct {
	Issuer    string // the part of the platform that signed the token
	UserID    string // "" for a guest or a workload
	SessionID string // the sign-in that the token came from, or ""
	Actor     string // who calls on the person's behalf, such as "gateway"
	Roles     []Role
	IssuedAt  time.Time // when the token was made
	AuthTime  time.Time // when the person last proved who they are; zero when that is not known
	Methods   []string  // how, in the names of RFC 8176: "pwd", "otp", "pop", "mfa"

	digest string // of the event that an event token is for
}

// RecentTTL is for how long a proof of who somebody is opens what a token that
// lies about must not: a new password, a role, an export, the end of an account.
const RecentTTL = 5 * time.Minute

// Recent says whether the caller proved who they are within RecentTTL.
func (c Caller) Recent(now time.Time) bool {
	return !c.AuthTime.IsZero() && now.Sub(c.AuthTime) <= RecentTTL
}

// Has says whether the caller has one of the roles.
func (c Caller) Has(roles ...Role) bool {
	for _, have := range c.Roles {
		for _, want := range roles {
			if have == want {
				return true
			}
		}
	}
	return false
}
