// Package security tells which answers are worth a look of whoever watches over
// the platform, and what a request is known by when one is.
//
// A function does little for it: it answers faults with stable codes, as it does
// anyway, and the table below says which of them are signals. What is no fault
// (a sign-in that works) or is known by more than its code it tells with Report,
// and whom or what a request is about with About.
//
// Names are those of OWASP's logging vocabulary; added are jwt_reject,
// event_auth_fail, acl_denied, audit_chain_broken, authn_register_known and
// authn_reset_unknown, for what the vocabulary has no word for.
package security
