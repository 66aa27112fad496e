// Package social keeps who people are to each other: public profiles and
// follows with approval, and blocks.
//
//	in    profile.updated, account.erased, account.export.requested; social.* of its own, which carry a follow from the
//	      follower's side to the followee's, and a block to who is blocked
//	out   social.follow.requested, social.followed, social.unfollowed,
//	      social.blocked, social.unblocked, social.erased, social.exported
//	keys  profile:<user>            the newest profile
//	      follow:<follower>:<followee>   the state of one follow, the truth
//	      following:<user>          sorted set, newest last: whom the person follows
//	      followers:<user>, requests:<user>   the same from the other side
//	      versions:<user>           hash: newest version seen of each follower
//	      block:<blocker>:<blocked>, blocks:<user>   a block, and whom a person blocks
//	      blockversions:<user>      hash: newest version seen of each who ever blocked
//	                                the person
//	safe  redelivery and reordering change nothing: each follow has versions,
//	      and an older one never overwrites a newer one; a block is read where it
//	      is written, so that it hides the two from each other at once
package social
