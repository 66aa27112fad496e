// Package notify tells people what concerns them: in the app, and by mail
// where they chose it.
//
//	in    workout.processed, workout.updated, workout.deleted, workout.failed,
//	      record.set, goal.reached, gear.worn, segment.rank.changed,
//	      import.finished,
//	      social.follow.requested, social.followed, social.unfollowed,
//	      profile.updated, account.erased, account.export.requested
//	out   notification.created, mail.requested, notify.erased, notify.exported
//	keys  note:<user>:<id>   one notification; notes:<user>, unread:<user>
//	      sorted sets by time, the newest 500; told:<user>:<digest> what was
//	      told once; choice:<user> the person's channels; person:<user> name and
//	      language; workout:<workout> the newest of who may be told; followers:<user> set, versions:<user> hash
//	safe  one matter is told once, however often its event comes and even when
//	      a replay computes a workout again
//
// A note about another person's workout has no figure of it: what may be seen of
// it can change, and the workout says it.
//
// A follower's mail about new workouts of others goes out at most once a day:
// its key is the day, and the mailing service sends one mail a key.
package notify
