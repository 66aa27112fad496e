// Package watch turns security signals into alerts for operators and into
// blocks at the gateway.
//
//	in    security.signal of every function; audit.recorded
//	out   security.alert (also to itself: the list of alerts is a partition of
//	      its own), security.released, audit.recorded, mail.requested
//	keys  window:<rule>:<what it counts by>  how often, and what of, of late
//	      alert:<id>, alerts                 what operators look at
//	      audithead, anchored                the audit log's last entry, and how far it was seen whole
//	      audit:{…}:log                      the audit log as a chain; it can be added to and no more
//	obj   audit/<number>.json                signed anchors of the log, created and never changed
//	safe  one alert for a rule and a subject while it is open, however long it
//	      goes on and in whatever order signals come; a block ends by itself and
//	      holds for an hour at most, so that nobody is locked out for good
//
// The rules are data (rules.go), and each has a page in docs/alerts. Windows are
// small and bounded: counts in slices of the rule's time, and for rules that
// count different things, no more of these than the rule needs to fire.
package watch
