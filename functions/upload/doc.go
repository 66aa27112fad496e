// Package upload takes workouts in: files (FIT, GPX, TCX, KML, each also as .gz or
// .zip), archives of them and entries by hand. It keeps originals and normalised tracks, and what a person
// may edit of a workout.
//
//	in    workout.processed, workout.failed, account.erased, account.export.requested; of its own
//	      workout.deleted, import.requested, import.file.found,
//	      import.finished, import.undo.requested
//	out   workout.uploaded, workout.updated, workout.deleted, gear.changed, upload.erased, upload.exported;
//	      import.requested, import.file.found, import.finished,
//	      import.undo.requested, import.undone
//	keys  workout:<user>:<id>     the workout
//	      upload:<user>:<id>      the workouts of a file, in time order
//	      file:<user>:<digest>    the upload that a content belongs to
//	      gear:<user>             what the person trains with
//	      day:<user>:<date>       what is known of the workouts of a day of UTC, to know
//	                              them again in other files
//	      used:<user>             bytes of originals that the person has
//	      deleted:<user>:<id>     for a while: the objects of a deleted workout
//	      import:<user>:<id>      an archive and how far it is; imports:<user> sorted
//	                              set of them by time
//	      importfile:<user>:<id>:<n>  one file of it; importlog:… list of the files in the
//	                              order of their verdicts, importtally:… how many of each,
//	                              importnotes:… what the account says of them
//	      receiving               sorted set of archives that are coming, in one partition
//	objects  raw/<user>/<workout>    the original, under the id of the first
//	                                 workout of its upload; the others share it
//	         track/<user>/<workout>  the normalised track (package track), and
//	                                 track/<user>/<workout>.<digest> what was made of it
//	         import/<user>/<import>/<volume>/<part>  an archive, until it is over
//	         all sealed as streams under the owner's key, for their own key alone
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
// Another recording of a workout, by another device or in another format, is
// known by its time and its way, and answered as that workout; nothing of it is
// kept unless the person wants both. Other people's workouts are never looked at.
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
// # Archives
//
// An archive is kept in parts of a megabyte, so that any file of it can be read
// without the rest. One event after the other finds some of its files and asks
// for each by an event of its own, so that functions scale out; each file
// is accepted like an upload, in one transaction with its verdict. What an event
// does again is therefore nothing, and a crash at any point is gone on from. The
// workouts carry the import's id: whoever tells of workouts is quiet about them,
// and an undo deletes by it what is still there.
//
// # Bounds
//
// Archives up to 512 MiB in one request, 4 GiB in all, 50,000 entries, unpacked a hundred times
// their size; see package archive for what of a zip is not read.
// Files up to 32 MiB, unpacked 64 MiB, a million points. Bodies that are in
// memory at once are bounded by their sum, files that are being decoded by
// their number; what comes beyond gets 503 with Retry-After.
package upload
