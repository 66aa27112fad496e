package social

import (
	"time"

	"paceline/events"
	"paceline/shared/function/fault"
)

// State is how far one person's follow of another has come.
type State string

// The states of a follow.
const (
	None      State = "none"
	Requested State = "requested"
	Following State = "following"
)

// Relation is the follow of one person by another. The zero Relation is none.
type Relation struct {
	State   State     `json:"state"`
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
}

// Profile is what others see of a person.
type Profile struct {
	UserID           string    `json:"user_id"`
	Version          int64     `json:"version"`
	DisplayName      string    `json:"display_name"`
	Bio              string    `json:"bio,omitempty"`
	ApproveFollowers bool      `json:"approve_followers"`
	At               time.Time `json:"at"`
}

// Follow is the command of the follower. It says whether anything changed.
func (r *Relation) Follow(followee Profile, now time.Time) (changed bool) {
	if r.State == Following || r.State == Requested {
		return false
	}
	next := Following
	if followee.ApproveFollowers {
		next = Requested
	}
	r.become(next, now)
	return true
}

// Accept is the followee's answer to a request. Accepting twice is fine; there
// must have been a request.
func (r *Relation) Accept(now time.Time) (changed bool, err error) {
	switch r.State {
	case Following:
		return false, nil
	case Requested:
		r.become(Following, now)
		return true, nil
	}
	return false, errRequest()
}

func errRequest() error {
	return fault.NotFound("follow_request_not_found", "there is no such follow request")
}

// End is an unfollow, a declined request or a removed follower. It says
// whether anything changed.
func (r *Relation) End(now time.Time) (changed bool) {
	if r.State != Following && r.State != Requested {
		return false
	}
	r.become(None, now)
	return true
}

// EndOlder is End for a follow that was there at a moment: one that came later
// stays.
func (r *Relation) EndOlder(than, now time.Time) (changed bool) {
	return !r.At.After(than) && r.End(now)
}

func (r *Relation) become(s State, now time.Time) {
	r.State, r.At = s, now
	r.Version++
}

// event is what tells the others of the relation's newest state.
func (r Relation) event(follower, followee string, approved bool) events.Payload {
	f := events.Follow{FollowerID: follower, FolloweeID: followee, Version: r.Version, At: r.At}
	switch r.State {
	case Following:
		return events.Followed{Follow: f, Approved: approved}
	case Requested:
		return events.FollowRequested{Follow: f}
	}
	return events.Unfollowed{Follow: f}
}
