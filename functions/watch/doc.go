// Package watch turns security signals into alerts for operators and into
// blocks at the gateway.
//
//	in    security.signal of every function; audit.recorded
//	out   security.alert (also to itself: the list of alerts is a partition of
//	      its own), security.released, mail.requested
//	keys  window:<rule>:<what it counts by>  how often, and what of, of late
//	      alert:<id>, alerts                 what operators look at
//	      audit, audithead                   the audit log as a chain, and its last entry
//	safe  one alert for a rule and a subject while it is open, however long it
//	      goes on and in whatever order signals come; a block ends by itself and
//	      holds for an hour at most, so that nobody is locked out for good
//
// The rules are data (rules.go), and each has a page in docs/alerts. Windows are
// small and bounded: counts in slices of the rule's time, and for rules that
// count different things, no more of these than the rule needs to fire.
package watch
