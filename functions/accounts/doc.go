// Package accounts knows who people are to the platform: registration, the
// proof of the mail address, sign-in, sessions, passwords and roles, and each
// person's own profile and training settings.
//
//	in    coach.granted and coach.revoked of its own, which carry a grant from the
//	      athlete's side to the coach's; feed.erased, mail.erased, notify.erased,
//	      social.erased, stats.erased and upload.erased, which end an erasure;
//	      account.export.requested of its own, and accounts.exported and its six
//	      sisters, whose pages make an export
//	out   account.registered, account.verified, account.erased,
//	      account.export.requested, accounts.exported, profile.updated,
//	      athlete.settings.changed, coach.granted, coach.revoked,
//	      audit.recorded, mail.requested
//	keys  account:<user>          the account; without a proven address it expires
//	      token:<user>:<purpose>  digest of the newest mail token
//	      session:<user>:<id>, sessions:<user>   sign-ins
//	      devices:<user>          where the person signed in before
//	      factors:<user>          second factors
//	      ceremony:<user>:<digest>  passkeys' ceremonies that were finished
//	      tries:<lookup>…, tries:from:<address>, tries:mail:<lookup>,
//	      tries:<user>:<session>  attempts that failed, and until when none is heard
//	      settings:<user>         dated training settings
//	      keys:ended:…, keys:notbefore:…  which tokens are void before they
//	                              expire, see shared/function/revocation
//	      rolerequest:<id>, rolerequests   roles that wait for a second admin
//	      coach:<athlete>:<coach>, coaches:<athlete>   what a coach may see
//	      athletes:<coach>, versions:<coach>   the same from the other side
//	      email:<lookup>, pending:<lookup>   whose address it is, or may become;
//	                              lookup is a keyed hash of the address
//	      erasure:<user>, erasures   people who are being erased, and who has
//	                              answered so far
//	      export:<user>, exports   the export of a person, and who has pages of one
//	      people                  who has keys, a set a partition
//	      rotation                how far a rotation of those keys has come
//	      (keys:person:<user>, keys:master: what everything of a person is sealed
//	      with, written here and read by all)
//	objects  export/<user>/<export>/<function>/…   pages of an export, sealed for
//	         the person; raw/ is read for the originals
//	safe  an address belongs to the first account that proves it; whoever only
//	      asks learns nothing about other people's addresses
//
// Support finds people by their address, ends their sessions and takes second
// factors away that were lost; of those who look after others only admins do.
// Admins give and take roles, which void the person's tokens, and one is always
// left. Factors and roles need a recent proof of who asks; the roles operator and
// admin need a second admin too.
//
// Passwords follow NIST SP 800-63B-4 and are kept keyed, as argon2id in PHC form,
// whose costs and key are brought to today's at a sign-in. Who guesses at an
// account waits longer and longer, and a hundred failures are the end; a device
// that signed in before is heard meanwhile. An app with codes or a passkey makes
// a password alone too little; a passkey signs in by itself.
//
// An erasure destroys the person's keys, sessions and account in one
// transaction, with account.erased. From then on all that anybody keeps of the
// person is noise; functions delete it and answer, and the sweep asks them again
// until all have answered twice: a process remembers a key for half a minute, and
// may have written something with it after its first answer.
//
// An export asks every function, too, and waits until each has sent all of its
// pages; the sweep asks those again that are silent. The person gets a mail, and
// with a recent proof a link that works once and for a quarter of an hour. The
// ZIP is written while it is downloaded, from pages and originals: there is never
// half a one. The pages go when it was downloaded, or after a day, or with the
// person.
//
// Refresh and device tokens are derived from a key and what is stored, so that
// what is stored alone cannot be used. A refresh token works once, and one that
// comes back ends its session. A repeat within ten seconds gets the same
// successor again, since an answer may be lost on its way.
package accounts
