package function

import (
	"net/http"

	"paceline/events"
	"paceline/shared/function/identity"
	"paceline/shared/function/store"
)

// The outcomes of a deed.
const (
	Done    = "done"
	Asked   = "asked"   // it waits for somebody else
	Refused = "refused" // by a second admin
)

// Deed is a use of power over others or over the platform.
type Deed struct {
	Action  string // stable, such as role.grant
	Target  string // whom or what it is done to
	Detail  string // such as the role; never what is personal
	Outcome string
}

// Audit tells of a deed of r's caller in the transaction that does it: when the
// one cannot be written, the other is not done.
func Audit(t *store.Tx, function string, r *http.Request, d Deed) error {
	id := r.Header.Get("X-Request-Id")
	return t.Emit(events.AuditRecorded{
		RecordID: id + "." + d.Action, Function: function, Action: d.Action, ActorID: identity.UserID(r), TargetID: d.Target,
		Detail: d.Detail, Outcome: d.Outcome, RequestID: id, At: t.Now().UTC(),
	})
}

// AuditSeen is Audit for what was not done here, and was only seen: by whom it
// was done is not known.
func AuditSeen(t *store.Tx, function string, d Deed) error {
	return t.Emit(events.AuditRecorded{
		RecordID: d.Action + "." + d.Target, Function: function, Action: d.Action, TargetID: d.Target, Detail: d.Detail, Outcome: d.Outcome, At: t.Now().UTC(),
	})
}

// AuditEnd is Audit for the end of what a person asked for about themselves, when
// the request is long over; record tells it from all others.
func AuditEnd(t *store.Tx, function, record string, d Deed) error {
	return t.Emit(events.AuditRecorded{
		RecordID: record, Function: function, Action: d.Action, ActorID: d.Target, TargetID: d.Target,
		Detail: d.Detail, Outcome: d.Outcome, At: t.Now().UTC(),
	})
}
