// Package stats computes the figures of every workout and keeps what is read
// often: the workouts of a person by time, and sums by day and sport.
//
//	in    workout.uploaded, workout.updated, workout.deleted,
//	      athlete.settings.changed, gear.changed, stats.replay.requested, stats.rebuild.requested,
//	      stats.cohort.changed, stats.segment.sought, stats.match.requested, stats.segment.changed,
//	      social.followed, social.unfollowed, social.blocked, social.unblocked,
//	      coach.granted, coach.revoked, account.erased, account.export.requested
//	out   workout.processed, workout.failed, workout.hiding.changed, record.set, goal.reached, gear.worn, stats.erased, stats.exported,
//	      stats.replay.requested, stats.rebuild.requested, stats.cohort.changed,
//	      stats.segment.sought, stats.match.requested, stats.segment.changed, segment.rank.changed
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
//	      segments:<user>       sorted set: the segments that the user made
//	      segment:<segment>     a segment, in its maker's partition; made:<segment>
//	                            whose it is, in its own
//	      starts:<tile>         segments that begin in a tile; people:<tile> who was
//	                            in a larger one; regions:<user> in which the user was
//	      passes:<user>:<segment>:<year>  every effort of a year
//	      standing:<user>:<segment>  the best of them by period, and sex, age, weight
//	      ranked:<segment>      what boards hold of each person
//	      board:<segment>:<board>  sorted sets by time; boards and tiles have names
//	                            that tell nobody which they are
//	      hiding:<user>         privacy zones, and what is hidden around them
//	      replay:<user>:<id>, replay:<user>:<id>:<slice>  what a replay changed
//	      settings:<user>       dated training settings
//	      people                who has a workout, a set a partition
//	      followers:<user> set, versions:<user> hash; following:<user> set, followingversions:<user> hash
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
// Segments are matched once a workout is kept (see package segment). What a
// workout has on them is a part of its record, and changes standings as it changes
// sums; boards hear of it by an event, since they lie elsewhere.
//
// Days are days in the workout's own time zone. Sums are integers of small
// units, so that adding and taking off leaves nothing behind.
package stats
