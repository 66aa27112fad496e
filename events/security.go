package events

import "time"

// SecuritySignal says that something happened that whoever watches over the
// platform wants to count. Names are those of OWASP's logging vocabulary.
type SecuritySignal struct {
	SignalID  string    `json:"signal_id"`
	Name      string    `json:"name"`                 // such as authn_login_fail
	Level     string    `json:"level"`                // info, warn or critical
	Function  string    `json:"function"`             // who saw it
	Code      string    `json:"code,omitempty"`       // of the answer that the caller got
	Reason    string    `json:"reason,omitempty"`     // what the caller was not told
	ActorID   string    `json:"actor_id,omitempty"`   // the person who called, when known
	TargetID  string    `json:"target_id,omitempty"`  // whom or what it was about
	Address   string    `json:"address,omitempty"`    // where the call came from
	Route     string    `json:"route,omitempty"`      // the method and the pattern, without values
	RequestID string    `json:"request_id,omitempty"` // of the last one that is counted
	Count     int       `json:"count"`                // how many like it, within a second
	At        time.Time `json:"at"`
}

// SecurityAlert says that signals add up to something that somebody should
// look at.
type SecurityAlert struct {
	AlertID    string         `json:"alert_id"` // the same while the alert is open
	Rule       string         `json:"rule"`
	Level      string         `json:"level"` // ticket or page
	About      string         `json:"about"` // what the rule counts by (address, actor, target or platform) …
	Value      string         `json:"value"` // … and its value
	Count      int            `json:"count"`
	FirstAt    time.Time      `json:"first_at"`
	LastAt     time.Time      `json:"last_at"`
	Sample     SecuritySignal `json:"sample"` // the signal that was one too many
	BlockUntil *time.Time     `json:"block_until,omitempty"`
}

// SecurityReleased says that an operator ended a block.
type SecurityReleased struct {
	AlertID    string    `json:"alert_id"`
	About      string    `json:"about"`
	Value      string    `json:"value"`
	ReleasedAt time.Time `json:"released_at"`
}
