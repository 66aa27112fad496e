// Package feed builds each person's feed when something happens, so that
// reading it is cheap.
//
//	in    workout.processed, workout.updated, workout.deleted, workout.hiding.changed,
//	      social.followed, social.unfollowed, social.blocked,
//	      social.unblocked, profile.updated,
//	      feed.rebuild.requested, account.erased, account.export.requested
//	out   feed.rebuild.requested, feed.erased, feed.exported
//	keys  item:<workout>     what a workout's item shows, with its author
//	      posts:<author>     sorted set of the author's published workouts
//	      own:<author>       the same of all that the author sees
//	      followers:<author>, following:<reader>   sets, and versions:… hashes
//	      feed:<reader>      sorted set of <author>/<workout>, the newest 1,000
//	      blocks:<user>      set, and its versions: whom the person blocks
//	      name:<user>        the newest name
//	      people             who has a name or an item, a set a partition
//	      popular            authors with too many followers to write to each
//	safe  every handler may run again and in any order: items and follows have
//	      versions, the rest follows from them
//
// Workouts that came with the archive of an account are in no feed.
//
// Items are ordered by when they were published, so that a late upload of an
// old workout is seen. Authors with more than FEED_POPULAR followers are merged
// when a feed is read. Whether a reader may see an item is decided again at
// each read, from the item and the follow as they are then; what is no longer
// allowed is taken out of the sets as well.
//
// feed:<reader> is derived from the rest: operators have it built again for one
// person, or for everybody, in steps that go through the partitions.
package feed
