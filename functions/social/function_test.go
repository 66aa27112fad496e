package social_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/social"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
)

const (
	anna = "01ANNA"
	ben  = "01BEN"
)

type rig struct {
	*functiontest.Rig
	echoed int // events that came back from the broker already
}

func open(t *testing.T, approve bool) *rig {
	t.Helper()
	r := &rig{Rig: functiontest.New(t, "social", social.Open, nil)}
	for _, id := range []string{anna, ben} {
		r.deliver(events.ProfileUpdated{UserID: id, Version: 1, DisplayName: "Name of " + id, ApproveFollowers: approve, UpdatedAt: functiontest.Start})
	}
	return r
}

func (r *rig) deliver(p events.Payload) {
	r.T.Helper()
	if status := r.Deliver(p); status/100 != 2 {
		r.T.Fatalf("%s: %d", p.EventType(), status)
	}
}

// echo delivers what the function sent to itself, as the broker does.
func (r *rig) echo() {
	r.T.Helper()
	all := r.Sent()
	for _, e := range all[r.echoed:] {
		p, err := e.Decode()
		if err != nil {
			r.T.Fatal(err)
		}
		if status := r.Redeliver(e.ID, p); status/100 != 2 {
			r.T.Fatalf("%s: %d", e.Type, status)
		}
	}
	r.echoed = len(all)
}

func (r *rig) as(who, method, path string, status int) functiontest.Answer {
	r.T.Helper()
	a := r.Call(functiontest.Person{ID: who}, method, path, nil)
	if a.Status != status {
		r.T.Fatalf("%s %s as %s: %d %s, want %d", method, path, who, a.Status, a.Body, status)
	}
	return a
}

func (r *rig) profile(reader, of string) string {
	r.T.Helper()
	var p api.Profile
	r.as(reader, "GET", "/v1/users/"+of, 200).JSON(r.T, &p)
	return fmt.Sprint(p.Relation.Following, " ", p.Relation.FollowedBy, " ", p.FollowersCount, " ", p.FollowingCount)
}

func (r *rig) users(who, path string) []string {
	r.T.Helper()
	var ids []string
	for cursor := ""; ; {
		var page api.UserList
		r.as(who, "GET", path+"?limit=2&cursor="+url.QueryEscape(cursor), 200).JSON(r.T, &page)
		for _, u := range page.Items {
			ids = append(ids, u.UserID)
		}
		if cursor = page.NextCursor; cursor == "" {
			return ids
		}
	}
}

func want(t testing.TB, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFollowWithoutApproval(t *testing.T) {
	t.Parallel()
	r := open(t, false)
	r.as(ben, "PUT", "/v1/users/"+anna+"/follow", 204)
	r.as(ben, "PUT", "/v1/users/"+anna+"/follow", 204)
	r.echo()
	want(t, r.profile(ben, anna), "following false 1 0")
	want(t, r.profile(anna, ben), "none true 0 1")
	want(t, r.users(anna, "/v1/users/"+anna+"/followers"), []string{ben})
	want(t, r.users(anna, "/v1/users/"+ben+"/following"), []string{anna})
	want(t, len(functiontest.SentOf[events.Followed](r.Rig)), 1)
	r.as(ben, "DELETE", "/v1/users/"+anna+"/follow", 204)
	r.as(ben, "DELETE", "/v1/users/"+anna+"/follow", 204)
	r.echo()
	want(t, r.profile(ben, anna), "none false 0 0")
	want(t, len(functiontest.SentOf[events.Unfollowed](r.Rig)), 1)
}

func TestFollowWithApproval(t *testing.T) {
	t.Parallel()
	r := open(t, true)
	r.as(ben, "PUT", "/v1/users/"+anna+"/follow", 202)
	r.as(ben, "PUT", "/v1/users/"+anna+"/follow", 202)
	r.echo()
	want(t, r.profile(ben, anna), "requested false 0 0")
	var asked api.FollowRequestList
	r.as(anna, "GET", "/v1/me/follow-requests", 200).JSON(t, &asked)
	if len(asked.Items) != 1 || asked.Items[0].User.DisplayName != "Name of "+ben {
		t.Fatalf("requests: %+v", asked)
	}
	r.as(anna, "PUT", "/v1/me/follow-requests/"+ben, 204)
	r.as(anna, "PUT", "/v1/me/follow-requests/"+ben, 204)
	r.echo()
	want(t, r.profile(ben, anna), "following false 1 0")
	r.as(anna, "GET", "/v1/me/follow-requests", 200).JSON(t, &asked)
	want(t, len(asked.Items), 0)
	sent := functiontest.SentOf[events.Followed](r.Rig)
	if len(sent) != 1 || !sent[0].Approved {
		t.Errorf("followed: %+v", sent)
	}
}

func TestADeclinedRequestIsGone(t *testing.T) {
	t.Parallel()
	r := open(t, true)
	r.as(ben, "PUT", "/v1/users/"+anna+"/follow", 202)
	r.echo()
	r.as(anna, "DELETE", "/v1/me/follow-requests/"+ben, 204)
	r.echo()
	if a := r.as(anna, "PUT", "/v1/me/follow-requests/"+ben, 404); a.Code() != "follow_request_not_found" {
		t.Errorf("code %s", a.Code())
	}
	want(t, r.profile(ben, anna), "none false 0 0")
}

func TestLateEventsDoNotUndoNewerOnes(t *testing.T) {
	t.Parallel()
	r := open(t, false)
	f := func(version int64) events.Follow {
		return events.Follow{FollowerID: ben, FolloweeID: anna, Version: version, At: functiontest.Start}
	}
	r.deliver(events.Unfollowed{Follow: f(2)})
	r.deliver(events.Followed{Follow: f(1)})
	want(t, r.users(anna, "/v1/users/"+anna+"/followers"), []string{})
	r.deliver(events.ProfileUpdated{UserID: anna, Version: 3, DisplayName: "New", UpdatedAt: functiontest.Start})
	r.deliver(events.ProfileUpdated{UserID: anna, Version: 2, DisplayName: "Old", UpdatedAt: functiontest.Start})
	var p api.Profile
	r.as(ben, "GET", "/v1/users/"+anna, 200).JSON(t, &p)
	want(t, p.DisplayName, "New")
}

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	r := open(t, false)
	var all []string
	for i := range 7 {
		id := fmt.Sprintf("01P%d", i)
		r.deliver(events.ProfileUpdated{UserID: id, Version: 1, DisplayName: id, UpdatedAt: functiontest.Start})
		r.as(id, "PUT", "/v1/users/"+anna+"/follow", 204)
		if i%2 == 0 {
			r.Advance(time.Second)
		}
		all = append([]string{id}, all...)
	}
	r.echo()
	want(t, r.users(anna, "/v1/users/"+anna+"/followers"), all)
}

func TestBadFollows(t *testing.T) {
	t.Parallel()
	r := open(t, false)
	want(t, r.as(anna, "PUT", "/v1/users/"+anna+"/follow", 422).Code(), "cannot_follow_yourself")
	want(t, r.as(anna, "PUT", "/v1/users/01NOBODY/follow", 404).Code(), "user_not_found")
	want(t, r.as(anna, "GET", "/v1/users/01NOBODY", 404).Code(), "user_not_found")
	want(t, r.as(anna, "GET", "/v1/users/01NOBODY/followers", 404).Code(), "user_not_found")
}
