package watch

import (
	"time"

	"paceline/events"
)

// What a rule counts by.
const (
	byAddress  = "address"
	byActor    = "actor"
	byTarget   = "target"
	byPlatform = "platform" // all together
)

// The levels of alerts: a page wakes somebody, a ticket waits for the day.
const (
	page   = "page"
	ticket = "ticket"
)

// rule is when signals add up to an alert.
type rule struct {
	id       string
	level    string
	names    []string // of the signals that count
	by       string   // what one window is about
	distinct string   // what has to differ between those that count, or ""
	count    int      // how many are one alert
	within   time.Duration
	block    time.Duration // how long the gateway lets nobody of the window in; 0 for not at all
}

// rules is all there are. docs/alerts has a page for each, and a test holds
// them together.
var rules = []rule{
	{"stuffing-one-account", page, []string{"authn_login_fail", "authn_login_lock"}, byTarget, byAddress, 10, 5 * time.Minute, 0},
	{"stuffing-one-source", page, []string{"authn_login_fail", "authn_login_lock"}, byAddress, byTarget, 20, 5 * time.Minute, 15 * time.Minute},
	{"stuffing-many-sources", page, []string{"authn_login_fail"}, byPlatform, "", 300, 5 * time.Minute, 0},
	{"guessing-one-source", ticket, []string{"authn_login_fail", "authn_login_lock"}, byAddress, "", 30, 5 * time.Minute, 15 * time.Minute},
	{"enumeration", ticket, []string{"authn_register_known", "authn_reset_unknown"}, byAddress, byTarget, 10, 10 * time.Minute, 15 * time.Minute},
	{"success-after-failures", ticket, []string{"authn_login_successafterfail"}, byActor, "", 1, 10 * time.Minute, 0},
	{"refresh-token-reuse", page, []string{"authn_token_reuse"}, byActor, "", 1, 5 * time.Minute, 0},
	{"revoked-token-use", ticket, []string{"session_use_after_expire"}, byActor, "", 10, 5 * time.Minute, 0},
	{"forged-token", page, []string{"jwt_reject"}, byAddress, "", 4, 5 * time.Minute, 15 * time.Minute},
	{"forged-event", page, []string{"event_auth_fail"}, byPlatform, "", 1, 5 * time.Minute, 0},
	{"path-probing", ticket, []string{"malicious_excess_404", "authn_missing"}, byAddress, byTarget, 30, 5 * time.Minute, 15 * time.Minute},
	{"object-walking", page, []string{"malicious_direct_reference"}, byActor, byTarget, 20, 5 * time.Minute, 15 * time.Minute},
	{"privilege-tries", ticket, []string{"authz_fail"}, byActor, "", 5, 5 * time.Minute, 15 * time.Minute},
	{"upload-attack", ticket, []string{"upload_validation"}, byActor, "", 4, 10 * time.Minute, 0},
	{"bad-input", ticket, []string{"input_validation_fail"}, byAddress, "", 50, 5 * time.Minute, 15 * time.Minute},
	{"flood", ticket, []string{"excess_rate_limit_exceeded"}, byAddress, "", 100, 5 * time.Minute, 15 * time.Minute},
	{"forged-link", ticket, []string{"webhook_reject"}, byAddress, "", 6, 10 * time.Minute, 15 * time.Minute},
	{"inside-probe", page, []string{"forbidden_probe"}, byAddress, "", 1, 5 * time.Minute, time.Hour},
	{"redis-refused", page, []string{"acl_denied"}, byPlatform, "", 1, 5 * time.Minute, 0},
	{"audit-broken", page, []string{"audit_chain_broken"}, byPlatform, "", 1, 30 * time.Minute, 0},
	{"honey-path", page, []string{"malicious_honey"}, byAddress, "", 1, time.Minute, time.Hour},
}

// value is what of a signal a rule goes by: "" when it has none.
func value(of string, s events.SecuritySignal) string {
	switch of {
	case byAddress:
		return s.Address
	case byActor:
		return s.ActorID
	case byTarget:
		return s.TargetID
	}
	return "all"
}

// concerns is what the rule's window for a signal is about, or "" when the
// signal does not count.
func (r rule) concerns(s events.SecuritySignal) string {
	for _, name := range r.names {
		if name == s.Name && (r.distinct == "" || value(r.distinct, s) != "") {
			return value(r.by, s)
		}
	}
	return ""
}
