package social_test

import (
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
)

func TestABlockHidesBothAndEndsBothFollows(t *testing.T) {
	t.Parallel()
	r := open(t, false)
	const cleo = "01CLEO"
	r.deliver(events.ProfileUpdated{UserID: cleo, Version: 1, DisplayName: "Cleo", UpdatedAt: functiontest.Start})
	r.as(ben, "PUT", "/v1/users/"+anna+"/follow", 204)
	r.as(anna, "PUT", "/v1/users/"+ben+"/follow", 204)
	r.as(ben, "PUT", "/v1/users/"+cleo+"/follow", 204)
	r.as(anna, "PUT", "/v1/users/"+cleo+"/follow", 204)
	r.echo()
	r.Advance(time.Minute)
	for range 2 {
		r.as(anna, "PUT", "/v1/users/"+ben+"/block", 204)
	}
	// At once, before the event has come around.
	missing := string(r.as(ben, "GET", "/v1/users/01NOBODY", 404).Code())
	for _, who := range [][2]string{{anna, ben}, {ben, anna}} {
		for _, path := range []string{"", "/followers", "/following"} {
			want(t, r.as(who[0], "GET", "/v1/users/"+who[1]+path, 404).Code(), missing)
		}
		want(t, r.as(who[0], "PUT", "/v1/users/"+who[1]+"/follow", 404).Code(), missing)
		want(t, r.users(who[0], "/v1/users/"+cleo+"/followers"), []string{who[0]})
	}
	want(t, r.as(ben, "PUT", "/v1/users/"+anna+"/block", 404).Code(), missing)
	want(t, r.as(ben, "DELETE", "/v1/users/"+anna+"/block", 404).Code(), missing)
	want(t, r.users(anna, "/v1/me/blocks"), []string{ben})
	want(t, r.users(ben, "/v1/me/blocks"), []string{})
	r.echo()
	r.echo()
	want(t, len(functiontest.SentOf[events.Blocked](r.Rig)), 1)
	want(t, len(functiontest.SentOf[events.Unfollowed](r.Rig)), 2)
	r.as(anna, "DELETE", "/v1/users/"+ben+"/block", 204)
	r.echo()
	want(t, r.profile(ben, anna), "none false 0 1")
	want(t, r.profile(anna, ben), "none false 0 1")
	want(t, len(functiontest.SentOf[events.Unblocked](r.Rig)), 1)
}

// Blocked and unblocked within a moment, and told in the wrong order, the follow
// that was there ends, and one that came later stays.
func TestALateBlockEndsOlderFollowsOnly(t *testing.T) {
	t.Parallel()
	r := open(t, false)
	r.as(ben, "PUT", "/v1/users/"+anna+"/follow", 204)
	r.echo()
	block := func(v int64, after time.Duration) events.Block {
		return events.Block{BlockerID: anna, BlockedID: ben, Version: v, At: functiontest.Start.Add(after)}
	}
	r.deliver(events.Unblocked{Block: block(2, time.Minute)})
	r.echo()
	want(t, r.profile(ben, anna), "none false 0 0")
	r.Advance(2 * time.Minute)
	r.as(ben, "PUT", "/v1/users/"+anna+"/follow", 204)
	r.deliver(events.Blocked{Block: block(1, 30*time.Second)})
	r.echo()
	want(t, r.profile(ben, anna), "following false 1 0")
}

func TestARequestOfABlockedPersonIsGone(t *testing.T) {
	t.Parallel()
	r := open(t, true)
	r.as(ben, "PUT", "/v1/users/"+anna+"/follow", 202)
	r.echo()
	r.Advance(time.Minute)
	r.as(anna, "PUT", "/v1/users/"+ben+"/block", 204)
	want(t, r.as(anna, "PUT", "/v1/me/follow-requests/"+ben, 404).Code(), "follow_request_not_found")
	var asked api.FollowRequestList
	r.as(anna, "GET", "/v1/me/follow-requests", 200).JSON(t, &asked)
	want(t, len(asked.Items), 0)
	r.echo()
	r.echo()
	r.as(anna, "DELETE", "/v1/users/"+ben+"/block", 204)
	r.as(anna, "GET", "/v1/me/follow-requests", 200).JSON(t, &asked)
	want(t, len(asked.Items), 0)
	want(t, r.as(anna, "PUT", "/v1/users/"+anna+"/block", 422).Code(), "cannot_block_yourself")
	want(t, r.as(anna, "PUT", "/v1/users/01NOBODY/block", 404).Code(), "user_not_found")
}
