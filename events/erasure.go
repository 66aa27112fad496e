package events

import (
	"slices"
	"time"
)

// AccountErased says that a person is no more: their keys are destroyed, and
// every function deletes what it keeps of them and answers. It comes again until
// all have answered.
type AccountErased struct {
	UserID string    `json:"user_id"`
	At     time.Time `json:"at"`
}

// Erased is the answer of one function: nothing of the person is left there.
type Erased struct {
	UserID string    `json:"user_id"`
	At     time.Time `json:"at"` // of the AccountErased that it answers
}

// The answers, one a function, so that none can speak for another.
type (
	FeedErased   struct{ Erased }
	MailErased   struct{ Erased }
	NotifyErased struct{ Erased }
	SocialErased struct{ Erased }
	StatsErased  struct{ Erased }
	UploadErased struct{ Erased }
)

// Answer is what every answer says.
func (e Erased) Answer() Erased { return e }

// Erasers is the functions that answer AccountErased, by name.
func Erasers() []string { return answering[Erased]() }

// answering is the functions whose answers are of kind A, by name.
func answering[A any]() []string {
	var out []string
	for _, p := range All() {
		if _, ok := p.(interface{ Answer() A }); ok {
			out = append(out, senders[p.EventType()]...)
		}
	}
	slices.Sort(out)
	return out
}

func (AccountErased) EventType() string      { return TypeAccountErased }
func (a AccountErased) Subject() string      { return a.UserID }
func (a AccountErased) PartitionKey() string { return a.UserID }

func (FeedErased) EventType() string   { return TypeFeedErased }
func (MailErased) EventType() string   { return TypeMailErased }
func (NotifyErased) EventType() string { return TypeNotifyErased }
func (SocialErased) EventType() string { return TypeSocialErased }
func (StatsErased) EventType() string  { return TypeStatsErased }
func (UploadErased) EventType() string { return TypeUploadErased }

// Subject is the person.
func (e Erased) Subject() string { return e.UserID }

// PartitionKey is the person, too.
func (e Erased) PartitionKey() string { return e.UserID }
