// Package mail is the mailing service of the other functions: it turns a
// request into one mail in the person's language and hands it to a mail server
// or, in development, into a folder.
//
//	in    mail.requested; account.registered, account.verified and
//	      profile.updated, for its own copy of each person's proven address
//	      and language; account.erased, account.export.requested
//	out   mail.sent, mail.bounced: how each request ended, once per key; mail.erased, mail.exported
//	keys  delivery:<digest>      what became of a request's key, by key
//	      person:<user>          proven address, language, unwanted kinds
//	      suppressed:<lookup>    an address that a server refused for good
//	http  POST /v1/mail/unsubscribe?token= (RFC 8058), without a sign-in;
//	      no other method exists there, so a link scanner changes nothing
//
// # At most one mail per key
//
// The connection to the mail server is made first. Then the key is claimed in
// Redis, then the message goes out, then the end is written together with its
// event. What happens in between decides:
//
//	nothing was claimed                      the next delivery tries again
//	the server said 4xx, or the dialogue     the claim is released, and the
//	broke before the message was complete    next delivery tries again
//	the server said 5xx                      mail.bounced
//	the dialogue broke after the message     the outcome is unknown: the key is
//	was complete, or the process died        closed, nothing is sent again and
//	while it held the claim                  the request is a dead letter
//
// A mail is thus never sent twice, and the price is one that may not have been
// sent; the operator sees it among the dead letters. The folder knows by name
// what it holds: there an unknown outcome is simply written again. A key is
// remembered for 400 days.
//
// # Who gets mail, and where
//
// A request names an address (To) or means the person's proven one; while that
// is not known the request waits: it is refused for now (409) and the broker
// brings it again, so that events may come in any order, until it becomes a
// dead letter. A mail that is not about the account itself carries List-Unsubscribe and is
// not sent to who unsubscribed from its kind (mail.bounced, "unsubscribed").
// An address that was refused as non-existent (5.1.x) is not tried again for 90
// days (mail.bounced, "suppressed"). An unknown template or missing data is a
// dead letter (422); an unknown language is English.
//
// Links begin with PUBLIC_URL and never with anything from a request. Nothing
// but state is kept: no text, no data, no token of a mail.
package mail
