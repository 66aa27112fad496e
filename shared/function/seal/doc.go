// Package seal encrypts what the platform knows of people, each person under a
// key of their own, so that destroying one small key makes every copy of the
// person's data noise.
//
//	KEK        from a file or a KMS (KEK_URI); it wraps one thing only:
//	master     keysets that wrap people's keys and make lookup hashes; kept in
//	           the store, read at the first need, one call of the KMS a process
//	person     two keysets, for values and for files, wrapped by the master for
//	           this person alone; made by accounts with the account
//	platform   the same for what belongs to nobody, such as a dead letter
//
// # Promises
//
//   - A sealed value is bound to its owner and its place: the key in the store,
//     the key of the object, or the event's id and type. Moved anywhere else it
//     does not open.
//   - A key that was destroyed stops working in every process within KeptFor.
//     What it sealed is then as if it were not there: ErrNoKey. A key that
//     cannot be read now is "unavailable", which is another matter.
//   - Keys rotate while everything runs: what does not open with a key that is
//     kept in memory is tried again with the key as it is stored.
//   - Nothing is read before the first need, so that a start costs nothing.
//
// Values are AES-256-GCM, files AES-256-GCM-HKDF in segments, lookups
// HMAC-SHA-256, all by Tink. A keyset of a person may hold several keys: the
// newest seals, all of them open.
package seal
