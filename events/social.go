package events

import "time"

// Follow is one person following another. Version orders what happens
// between the two.
type Follow struct {
	FollowerID string    `json:"follower_id"`
	FolloweeID string    `json:"followee_id"`
	Version    int64     `json:"version"`
	At         time.Time `json:"at"`
}

// FollowRequested says that a follow waits for approval.
type FollowRequested struct{ Follow }

// Followed says that a follow holds, approved where that was needed.
type Followed struct {
	Follow
	Approved bool `json:"approved"` // the followee approved a request
}

// Unfollowed says that a follow no longer holds, whoever ended it.
type Unfollowed struct{ Follow }

// Block is one person keeping another off: neither sees the other. Version
// orders what happens between the two.
type Block struct {
	BlockerID string    `json:"blocker_id"`
	BlockedID string    `json:"blocked_id"`
	Version   int64     `json:"version"`
	At        time.Time `json:"at"`
}

// Blocked says that a block holds.
type Blocked struct{ Block }

// Unblocked says that a block no longer holds.
type Unblocked struct{ Block }
