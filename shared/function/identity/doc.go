// Package identity says who is calling. It is the only package that touches a
// JWT library.
//
// Five kinds of token, told apart by their typ header, all signed with EdDSA:
//
//	at+jwt        what a person's app holds: issued by accounts for the
//	              audience "paceline", 5 minutes
//	call+jwt      what the gateway makes of it for one function: audience the
//	              function's name, sub the person, act the caller, 60 seconds
//	workload+jwt  what one part of the platform says of itself to another:
//	              function → broker, broker → function
//	event+jwt     what an event carries in its attribute "signature": its
//	              sender's word for id, source, type, subject and data, which
//	              holds whoever delivers it, 7 days
//	anchor+jwt    what an anchor of the audit log carries: the watch's word for
//	              its digest, ten years
//
// On a cluster broker and functions prove who they are to each other with
// projected tokens of ServiceAccounts instead of workload+jwt; ClusterVerifier
// checks those. Where the cluster gives the broker none, the event's own token
// is what counts.
//
// Keys are a JWKS whose key ids are <issuer>.<name>: a token must name an
// issuer that its key belongs to, so that no part can speak for another.
// Verification checks algorithm, signature, type, issuer, audience and times
// (60 s leeway). The keys are read again for a key that is not known, at most
// once in 10 s, and every 5 minutes, so that a key that was taken out is
// forgotten; while they cannot be read, known ones hold. A Signer reads its key
// again every 10 s. Rotate gives all parts new keys in stages, on any Keeper, so
// that at every moment each token that is under way can be verified.
//
// A token that cannot be verified now, because the keys cannot be read or were
// read too short a time ago to have a part's new one, is "unavailable" and not
// "unauthorized": a broker retries the one and gives up on the other.
package identity
