// Package upload takes workouts in: files (FIT, GPX, TCX, each also as .gz) and
// entries by hand. It keeps originals and normalised tracks, and what a person
// may edit of a workout.
//
//	in    workout.processed, workout.failed, account.erased, account.export.requested; workout.deleted of its own
//	out   workout.uploaded, workout.updated, workout.deleted, gear.changed, upload.erased, upload.exported
//	keys  workout:<user>:<id>     the workout
//	      upload:<user>:<id>      the workouts of a file, in time order
//	      file:<user>:<digest>    the upload that a content belongs to
//	      gear:<user>             what the person trains with
//	      used:<user>             bytes of originals that the person has
//	      deleted:<user>:<id>     for a while: the objects of a deleted workout
//	objects  raw/<user>/<workout>    the original, under the id of the first
//	                                 workout of its upload; the others share it
//	         track/<user>/<workout>  the normalised track (package track), and
//	                                 track/<user>/<workout>.<digest> what was made of it
//	         both sealed as streams under the owner's key, for their own key alone
//	safe  redelivery and reordering change nothing: a workout is ready once it
//	      was ever processed, and nothing revives a deleted one
//
// # Taking a file
//
// The content decides the format. The file is decoded whole before anything is
// written; a refusal leaves nothing behind. Then come the objects, then one
// transaction with the upload, its workouts and their events, so that the
// state never points to an object that is not there.
//
// The same content, packed or not, is the same workouts for one person; for
// another person it is others. A workout that was deleted comes back as a new
// one, beside those of its file that are still there.
//
// The id of a workout has the start as its time and as its random part a digest
// of the owner, the bytes, the place in the file and how often a workout of the
// file was deleted. So a retry after a crash between objects and transaction
// writes the same objects again; what such a crash leaves when nobody retries
// are objects that no state points to, under the owner's own prefix, where an
// erasure removes them too.
//
// # Cropping, splitting, merging
//
// Each makes a new track beside the ones before, puts its key into the workout
// (Track) and tells so by workout.updated; the figures follow. Originals and
// earlier tracks stay, so that undo takes back one command after the other. A
// split leaves the first part where it was and makes a workout of the second; a
// merge ends the others, which come back under new ids.
//
// # Deleting
//
// The workout goes from the state at once, and its objects right after the
// commit. What could not be removed is removed when the own workout.deleted
// comes back from the broker, which tries until it works. A deleted workout is
// 404 from then on, also to a second DELETE. The original stays as long as
// another workout of its file.
//
// # Bounds
//
// Files up to 32 MiB, unpacked 64 MiB, a million points. Bodies that are in
// memory at once are bounded by their sum, files that are being decoded by
// their number; what comes beyond gets 503 with Retry-After.
package upload
