package events

import "time"

// AuditRecorded says that somebody used a power over others or over the
// platform. It is emitted in the transaction of the deed itself, so that no deed
// is done that is not told of. RecordID tells it from all others.
type AuditRecorded struct {
	RecordID  string    `json:"record_id"`
	Function  string    `json:"function"`
	Action    string    `json:"action"` // stable, such as role.grant
	ActorID   string    `json:"actor_id"`
	TargetID  string    `json:"target_id,omitempty"` // whom or what it was done to
	Detail    string    `json:"detail,omitempty"`    // such as the role; never what is personal
	Outcome   string    `json:"outcome"`             // done, asked or refused
	RequestID string    `json:"request_id,omitempty"`
	At        time.Time `json:"at"`
}
