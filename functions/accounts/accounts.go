package accounts

import (
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
)

// Account is one person.
type Account struct {
	UserID           string          `json:"user_id"`
	Email            string          `json:"email"`
	Verified         bool            `json:"verified"`
	Password         string          `json:"password"`                 // PHC form
	ShortPassword    bool            `json:"short_password,omitempty"` // too short without a second factor
	DisplayName      string          `json:"display_name"`
	Bio              string          `json:"bio,omitempty"`
	Locale           string          `json:"locale"`
	TimeZone         string          `json:"time_zone,omitempty"`
	BirthDate        string          `json:"birth_date,omitempty"`
	Consents         map[string]bool `json:"consents,omitempty"`
	ApproveFollowers bool            `json:"approve_followers"`
	Roles            []identity.Role `json:"roles"`
	CreatedAt        time.Time       `json:"created_at"`
	Version          int64           `json:"version"`
}

// normalEmail is the form in which addresses are compared: most providers
// ignore case, so that two people never differ by it alone.
func normalEmail(s string) string {
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(s)))
}

// checkEmail accepts one bare address with a domain.
func checkEmail(s string) (string, error) {
	bad := fault.Invalid("invalid_email", "this is not a mail address")
	if len(s) > 254 || strings.ContainsFunc(s, unicode.IsControl) {
		return "", bad
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != strings.TrimSpace(s) {
		return "", bad
	}
	local, domain, _ := strings.Cut(a.Address, "@")
	if len(local) > 64 || !strings.Contains(domain, ".") || strings.HasSuffix(domain, ".") {
		return "", bad
	}
	return a.Address, nil
}

// checkName accepts what can stand on one line.
func checkName(s string) (string, error) {
	s = strings.TrimSpace(norm.NFC.String(s))
	if n := utf8.RuneCountInString(s); n < 1 || n > 80 || strings.ContainsFunc(s, unicode.IsControl) {
		return "", fault.Invalid("invalid_display_name", "a name has 1 to 80 characters on one line")
	}
	return s, nil
}

// checkLocale picks the language of mails; what we have no texts for is English.
func checkLocale(s string) string {
	if language, _, _ := strings.Cut(strings.ToLower(s), "-"); language == "ru" {
		return "ru"
	}
	return "en"
}

func checkBirthDate(s string, now time.Time) error {
	if s == "" {
		return nil
	}
	d, err := time.Parse(time.DateOnly, s)
	if err != nil || d.After(now) || d.Year() < 1900 {
		return fault.Invalid("invalid_birth_date", "a birth date is a past day as YYYY-MM-DD")
	}
	return nil
}

// Change applies an edit of the person's own profile. Nothing changes when it
// is not valid.
func (a *Account) Change(u api.UpdateMeRequest) error {
	next := *a
	if u.DisplayName != nil {
		name, err := checkName(*u.DisplayName)
		if err != nil {
			return err
		}
		next.DisplayName = name
	}
	if u.Bio != nil {
		if utf8.RuneCountInString(*u.Bio) > 2000 {
			return fault.Invalid("invalid_bio", "a bio has at most 2,000 characters")
		}
		next.Bio = norm.NFC.String(*u.Bio)
	}
	if u.Locale != nil {
		next.Locale = checkLocale(*u.Locale)
	}
	if u.TimeZone != nil {
		if _, err := time.LoadLocation(*u.TimeZone); err != nil {
			return fault.Invalid("invalid_time_zone", "a time zone has an IANA name such as Europe/Berlin")
		}
		next.TimeZone = *u.TimeZone
	}
	if u.ApproveFollowers != nil {
		next.ApproveFollowers = *u.ApproveFollowers
	}
	next.Version++
	*a = next
	return nil
}

// profile is what others may know, as an event.
func (a Account) profile(now time.Time) events.ProfileUpdated {
	return events.ProfileUpdated{
		UserID: a.UserID, Version: a.Version, DisplayName: a.DisplayName, Bio: a.Bio, Locale: a.Locale,
		ApproveFollowers: a.ApproveFollowers, UpdatedAt: now,
	}
}

func (a Account) me() api.Me {
	out := api.Me{
		UserID: a.UserID, Email: a.Email, EmailVerified: a.Verified, DisplayName: a.DisplayName, Bio: a.Bio, Locale: a.Locale,
		TimeZone: a.TimeZone, ApproveFollowers: a.ApproveFollowers, CreatedAt: a.CreatedAt, Version: a.Version,
	}
	for _, r := range a.Roles {
		out.Roles = append(out.Roles, api.Role(r))
	}
	return out
}
