// Package stats computes the figures of every workout and keeps what is read
// often: the workouts of a person by time, and sums by day and sport.
//
//	in    workout.uploaded, workout.updated, workout.deleted,
//	      athlete.settings.changed, gear.changed, stats.replay.requested, stats.rebuild.requested,
//	      stats.cohort.changed,
//	      social.followed, social.unfollowed, social.blocked, social.unblocked,
//	      coach.granted, coach.revoked, account.erased, account.export.requested
//	out   workout.processed, workout.failed, record.set, goal.reached, gear.worn, stats.erased, stats.exported,
//	      stats.replay.requested, stats.rebuild.requested, stats.cohort.changed
//	keys  owner:<workout>       whose workout it is, in the workout's partition
//	      workout:<workout>     description, figures and where the track lies
//	      analysis:<workout>    best efforts, time in zones, what the figures were made of
//	      list:<user>, list:<user>:<sport>   sorted sets by start
//	      days:<user>:<year>    hash: <MM-DD>|<sport> → sums of that day
//	      best:<user>:<sport>:<period>  records with their history, of a month,
//	                            a year and "all"
//	      calendar:<user>       days with a workout by sport, and how long they were
//	      goals:<user>          goals, and the periods that were told to be reached
//	      gear:<user>           gear with what its workouts add up to
//	      share:<user>:<sport>:<month>  what the user put into cohorts
//	      noshare:<user>        nothing is to be put into cohorts
//	      cohort:<cohort>, entries:<cohort>  how many people lie in each bucket, and
//	                            the bucket of each, under names that nobody knows
//	      hiding:<user>         privacy zones, and what is hidden around them
//	      replay:<user>:<id>, replay:<user>:<id>:<slice>  what a replay changed
//	      settings:<user>       dated training settings
//	      people                who has a workout, a set a partition
//	      followers:<user> set, versions:<user> hash
//	      blocks:<user> set, blockversions:<user> hash
//	      coach:<user>:<coach>  what the user lets the coach see
//	      (objects, read only: track/<user>/<workout>)
//	safe  versions order what a person changed; a workout counts in the sums
//	      exactly once, since what it adds is kept with it and taken off again
//	      in the same transaction
//
// What is kept over time changes by what a workout brought and brings, never by
// reading the history again: a record that goes is looked for in its month, the
// record of a year in its months. No cost grows with the history.
//
// Each workout keeps what its figures were made of (Basis). A change of settings
// or formulas computes those again whose basis is no longer true, in slices that
// run beside each other.
//
// Days are days in the workout's own time zone. Sums are integers of small
// units, so that adding and taking off leaves nothing behind.
package stats
