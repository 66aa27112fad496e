package security

import (
	"net/http"
	"slices"
	"strings"
)

// Signal is one kind of what is worth a look.
type Signal struct{ Name, Level string }

// The levels.
const (
	Info     = "info"
	Warn     = "warn"
	Critical = "critical"
)

// The signals that are told by who sees them, and not by the code of an answer.
var (
	LoginSuccess          = Signal{"authn_login_success", Info}
	LoginSuccessAfterFail = Signal{"authn_login_successafterfail", Warn}
	PasswordChange        = Signal{"authn_password_change", Info}
	TokenReuse            = Signal{"authn_token_reuse", Critical}
	RegisterKnown         = Signal{"authn_register_known", Info} // an address that somebody has
	ResetUnknown          = Signal{"authn_reset_unknown", Info}  // an address that nobody has
	StoreRefused          = Signal{"acl_denied", Critical}
	AuditBroken           = Signal{"audit_chain_broken", Critical}
)

var (
	loginFail   = Signal{"authn_login_fail", Warn}
	noToken     = Signal{"authn_missing", Info}
	jwtReject   = Signal{"jwt_reject", Warn}
	revoked     = Signal{"session_use_after_expire", Critical}
	authzFail   = Signal{"authz_fail", Critical}
	tooOften    = Signal{"excess_rate_limit_exceeded", Warn}
	badInput    = Signal{"input_validation_fail", Warn}
	badFile     = Signal{"upload_validation", Critical} // never an accident
	badUpload   = Signal{"upload_validation", Warn}
	badEvent    = Signal{"event_auth_fail", Critical}
	strayPath   = Signal{"malicious_excess_404", Info}
	insideProbe = Signal{"forbidden_probe", Critical}
	honey       = Signal{"malicious_honey", Critical}
	badLink     = Signal{"webhook_reject", Warn}
	badMail     = Signal{"authn_token_reject", Warn}
	strayObject = Signal{"malicious_direct_reference", Warn}
	stepSkipped = Signal{"sequence_fail", Warn} // what has to come first did not
)

// byCode is which codes of answers are signals, wherever they come from.
var byCode = map[string]Signal{
	"invalid_credentials": loginFail, "second_factor_invalid": loginFail, "passkey_invalid": loginFail, "too_many_attempts": {"authn_login_lock", Warn},
	"invalid_grant": badMail, "invalid_token": badMail,
	"token_missing": noToken,
	"token_invalid": jwtReject,
	"token_revoked": revoked,
	"role_missing":  authzFail, "admin_needed": authzFail, "second_admin_needed": authzFail, "own_factors": authzFail, "not_admin_any_more": authzFail,
	"reauthentication_required": stepSkipped,
	"rate_limited":              tooOften,
	"invalid_json":              badInput, "invalid_member": badInput, "body_unreadable": badInput, "body_too_slow": badInput, "too_large": badInput, "unsupported_media_type": badInput,
	"xml_doctype": badFile, "xml_depth": badFile,
	"zip_bomb": badFile, "zip_overlap": badFile, "zip_unsafe_name": badFile, "zip_not_a_file": badFile,
	"file_too_large": badUpload, "zip_nested": badUpload, "zip_too_many_files": badUpload,
	"event_unsigned": badEvent, "event_forged": badEvent, "event_sender": badEvent, "token_subject": badEvent,
}

// OfFile is the signal of a file with a fault that is never an accident, for
// those who find out when there is nobody to answer any more.
func OfFile(code string) (Signal, bool) {
	s := byCode[code]
	return s, s == badFile
}

// eventsPath is where a function hears events: who is not known there is not
// one of ours.
const eventsPath = "/events"

// honeyPaths are where nothing ever was, and what is looked for first by those
// who look for what was left open.
var honeyPaths = map[string]bool{
	"/admin/backup": true, "/.env": true, "/.git/config": true, "/wp-login.php": true, "/phpmyadmin/": true, "/actuator/env": true, "/backup.zip": true,
}

// insidePaths are where functions and the broker call each other.
var insidePaths = []string{"/fn/", "/broker/"}

// Expired is the reason that is no matter: apps find out by it that a token is
// over.
const Expired = "expired"

// aboutPath is whether a signal is about a path, whoever asked for it.
func (s Signal) aboutPath() bool {
	return s == strayPath || s == honey || s == noToken || s == insideProbe
}

// inside is whether a path leads to what is not for people.
func inside(path string) bool {
	return slices.ContainsFunc(insidePaths, func(p string) bool { return strings.HasPrefix(path, p) })
}

// signalOf is what an answer with a fault is worth, when it is.
func signalOf(a answer) (Signal, bool) {
	switch {
	case a.path == eventsPath && a.status == http.StatusUnauthorized:
		return badEvent, true
	case a.route == "" && honeyPaths[a.path]:
		return honey, true
	case a.route == "" && inside(a.path):
		return insideProbe, true
	case a.code == "token_invalid" && a.reason == Expired:
		return Signal{}, false
	case a.code == "invalid_token" && strings.HasSuffix(a.route, "/unsubscribe"):
		return badLink, true
	case a.status == http.StatusNotFound && strings.Contains(a.route, "{"):
		return strayObject, true
	case a.route == "" && (a.status == http.StatusUnauthorized || a.status == http.StatusNotFound) && a.code != "token_invalid" && a.code != "token_revoked":
		return strayPath, true
	}
	s, ok := byCode[a.code]
	return s, ok
}
