package events

import (
	"fmt"
	"time"
)

// AccountExportRequested asks every function for what it keeps of a person. It
// comes again, with a later At, while somebody has not answered.
type AccountExportRequested struct {
	UserID   string    `json:"user_id"`
	ExportID string    `json:"export_id"`
	At       time.Time `json:"at"`
}

// Exported is one page of what a function keeps of a person. A page is of one
// file, and the pages of a file follow each other.
type Exported struct {
	UserID    string     `json:"user_id"`
	ExportID  string     `json:"export_id"`
	At        time.Time  `json:"at"` // of the AccountExportRequested that it answers
	Page      int        `json:"page"`
	Last      bool       `json:"last"`                    // no page comes after it
	File      string     `json:"file"`                    // such as workouts.json; "" when nothing is kept
	Count     int        `json:"count"`                   // of the documents
	Documents string     `json:"documents" sealed:"true"` // JSON objects with commas between them, as gzip in base64
	Originals []Original `json:"originals" sealed:"true"` // files of the person that belong to the documents
}

// Original is a file of a person among the objects.
type Original struct {
	Key       string `json:"key"`  // of the object
	Name      string `json:"name"` // in an export, with its extension
	SizeBytes int64  `json:"size_bytes"`
}

// The answers, one a function, so that none can speak for another.
type (
	AccountsExported struct{ Exported }
	FeedExported     struct{ Exported }
	MailExported     struct{ Exported }
	NotifyExported   struct{ Exported }
	SocialExported   struct{ Exported }
	StatsExported    struct{ Exported }
	UploadExported   struct{ Exported }
)

// Answer is what every answer says.
func (e Exported) Answer() Exported { return e }

// Exporters is the functions that answer AccountExportRequested, by name.
func Exporters() []string { return answering[Exported]() }

func (AccountExportRequested) EventType() string      { return TypeExportRequested }
func (a AccountExportRequested) Subject() string      { return a.ExportID }
func (a AccountExportRequested) PartitionKey() string { return a.UserID }

func (AccountsExported) EventType() string { return TypeAccountsExported }
func (FeedExported) EventType() string     { return TypeFeedExported }
func (MailExported) EventType() string     { return TypeMailExported }
func (NotifyExported) EventType() string   { return TypeNotifyExported }
func (SocialExported) EventType() string   { return TypeSocialExported }
func (StatsExported) EventType() string    { return TypeStatsExported }
func (UploadExported) EventType() string   { return TypeUploadExported }

// Subject tells the pages of one export apart.
func (e Exported) Subject() string { return fmt.Sprintf("%s/%d", e.ExportID, e.Page) }

// PartitionKey is the person.
func (e Exported) PartitionKey() string { return e.UserID }
