// Package stats computes the figures of every workout and keeps what is read
// often: the workouts of a person by time, and sums by day and sport.
//
//	in    workout.uploaded, workout.updated, workout.deleted,
//	      athlete.settings.changed, social.followed, social.unfollowed
//	out   workout.processed, workout.failed
//	keys  owner:<workout>       whose workout it is, in the workout's partition
//	      workout:<workout>     description, figures and where the track lies
//	      analysis:<workout>    best efforts, time in zones, what the figures were made of
//	      list:<user>, list:<user>:<sport>   sorted sets by start
//	      days:<user>:<year>    hash: <MM-DD>|<sport> → sums of that day
//	      settings:<user>       dated training settings
//	      followers:<user> set, versions:<user> hash
//	      (objects, read only: track/<user>/<workout>)
//	safe  versions order what a person changed; a workout counts in the sums
//	      exactly once, since what it adds is kept with it and taken off again
//	      in the same transaction
//
// Days are days in the workout's own time zone. Sums are integers of small
// units, so that adding and taking off leaves nothing behind.
package stats
