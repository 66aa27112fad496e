package events

import "time"

// NotificationCreated says that a person has a new notification in the app.
type NotificationCreated struct {
	NotificationID string    `json:"notification_id"`
	UserID         string    `json:"user_id"`
	Kind           string    `json:"kind"`
	At             time.Time `json:"at"`
}

// MailRequested asks the mailing service for one mail. The service sends at
// most one mail for a Key, whoever asks and however often.
type MailRequested struct {
	Key      string            `json:"key"`
	UserID   string            `json:"user_id"`
	To       string            `json:"to,omitempty" sealed:"true"` // when empty, the person's verified address
	Template string            `json:"template"`
	Locale   string            `json:"locale,omitempty"`             // when empty, the person's own
	Data     map[string]string `json:"data,omitempty" sealed:"true"` // the template's values
}

// MailSent says that a server took the mail (or the file was written).
type MailSent struct {
	Key      string    `json:"key"`
	UserID   string    `json:"user_id"`
	Template string    `json:"template"`
	SentAt   time.Time `json:"sent_at"`
}

// MailBounced says that a server refused the mail for good.
type MailBounced struct {
	Key      string    `json:"key"`
	UserID   string    `json:"user_id"`
	Template string    `json:"template"`
	Reason   string    `json:"reason" sealed:"true"` // the server's answer
	At       time.Time `json:"at"`
}
