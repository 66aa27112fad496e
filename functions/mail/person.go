package mail

import (
	"slices"
	"time"
)

// Person is what this function knows of somebody. Each fact has its time, so
// that the events which carry them may come in any order.
type Person struct {
	Email      string    `json:"email,omitempty"` // proven
	VerifiedAt time.Time `json:"verified_at,omitzero"`
	Locale     string    `json:"locale,omitempty"`
	LocaleAt   time.Time `json:"locale_at,omitzero"`
	Secret     string    `json:"secret,omitempty"` // makes unsubscribe tokens
	Unwanted   []string  `json:"unwanted,omitempty"`
}

// Prove takes an address that the person proved, unless a newer one is known.
func (p *Person) Prove(email string, at time.Time) {
	if p.Email == "" || at.After(p.VerifiedAt) {
		p.Email, p.VerifiedAt = email, at
	}
}

// Speak takes the person's language, unless a newer choice is known.
func (p *Person) Speak(locale string, at time.Time) {
	if locale != "" && (p.Locale == "" || at.After(p.LocaleAt)) {
		p.Locale, p.LocaleAt = locale, at
	}
}

// Wants says whether the person takes mails of a template.
func (p *Person) Wants(template string) bool { return !slices.Contains(p.Unwanted, template) }

// Unsubscribe ends the mails of a template.
func (p *Person) Unsubscribe(template string) {
	if p.Wants(template) {
		p.Unwanted = append(p.Unwanted, template)
	}
}
