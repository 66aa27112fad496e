package feed_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
	"paceline/shared/function/store"
)

var operator = functiontest.Person{ID: "01OPERATOR", Roles: []identity.Role{identity.Member, identity.Operator}}

// feedKeys deletes the feeds of people, as if they had been lost, or puts
// something into them that does not belong there.
func feedKeys(t *testing.T, r *functiontest.Rig, do func(ctx context.Context, c redis.UniversalClient, key string), people ...string) {
	t.Helper()
	client, err := store.Dial(r.Redis, store.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	s := store.New(store.Config{Function: "feed", Client: client})
	for _, id := range people {
		do(t.Context(), client, s.Key(id, "feed", id))
	}
}

func lose(ctx context.Context, c redis.UniversalClient, key string) { c.Del(ctx, key) }

// walk delivers what the function sends to itself until it sends no more, each
// event twice, and returns how many there were.
func walk(t *testing.T, r *functiontest.Rig) int {
	t.Helper()
	done := 0
	for {
		var sent []events.Envelope
		for _, e := range r.Sent() {
			if e.Type == events.TypeFeedRebuild && !slices.ContainsFunc(sent, func(s events.Envelope) bool { return s.ID == e.ID }) {
				sent = append(sent, e)
			}
		}
		if len(sent) == done {
			return done
		}
		for _, e := range sent[done:] {
			p, err := e.Decode()
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if status := r.Redeliver(e.ID, p); status/100 != 2 {
					t.Fatalf("%s: %d", e.ID, status)
				}
			}
		}
		done = len(sent)
	}
}

// crowd is many people who read anna; some read ben and cleo too, who is
// popular. The last has unfollowed anna.
func crowd(t *testing.T) (*functiontest.Rig, []string) {
	t.Helper()
	r := open(t, map[string]string{"FEED_POPULAR": "25"})
	people := []string{anna, ben, cleo}
	for i := range 60 {
		id := fmt.Sprintf("01READER%02d", i)
		people = append(people, id)
		deliver(t, r, events.ProfileUpdated{UserID: id, Version: 1, DisplayName: id})
		if i < 20 {
			deliver(t, r, events.Followed{Follow: follow(id, anna, 1)})
		}
		if i%3 == 0 && i < 40 {
			deliver(t, r, events.Followed{Follow: follow(id, ben, 1)})
		}
		if i%2 == 0 {
			deliver(t, r, events.Followed{Follow: follow(id, cleo, 1)})
		}
	}
	for n, author := range []string{anna, ben, cleo, anna, ben, cleo} {
		w := workout(n, []events.Visibility{events.Followers, events.Private, events.Everyone}[n%3])
		if n > 2 {
			w.Visibility = events.Everyone
		}
		w.UserID = author
		deliver(t, r, processed(w))
	}
	deliver(t, r, events.Unfollowed{Follow: follow("01READER18", anna, 2)}, events.WorkoutDeleted{WorkoutID: "01W003", UserID: anna, Version: 2})
	return r, people
}

func feedsOf(t *testing.T, r *functiontest.Rig, people []string) string {
	t.Helper()
	var b strings.Builder
	for _, id := range people {
		fmt.Fprintln(&b, id, read(t, r, id, 50))
	}
	return b.String()
}

func TestLostFeedsComeBackEqual(t *testing.T) {
	t.Parallel()
	r, people := crowd(t)
	before := feedsOf(t, r, people)
	feedKeys(t, r, lose, people...)
	if lost := feedsOf(t, r, people); lost == before || !strings.Contains(lost, ben+" []") {
		t.Fatalf("nothing was lost:\n%s", lost)
	}
	if a := r.Call(operator, "POST", "/v1/admin/feeds/rebuild", nil); a.Status != 202 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if steps := walk(t, r); steps < 16 {
		t.Errorf("%d steps for 16 ranges", steps)
	}
	if after := feedsOf(t, r, people); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

// More people in one range than a step does: it goes on where it ended.
func TestARebuildGoesOnUntilEverybodyHadTheirs(t *testing.T) {
	t.Parallel()
	r, people := crowd(t)
	before := feedsOf(t, r, people)
	feedKeys(t, r, lose, people...)
	if status := r.Redeliver("all", events.FeedRebuildRequested{To: store.Partitions}); status/100 != 2 {
		t.Fatal(status)
	}
	if steps := walk(t, r); steps != 3 {
		t.Errorf("%d steps after the first for 63 people, 20 in each", steps)
	}
	if after := feedsOf(t, r, people); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

func TestOnePersonsFeedIsRebuilt(t *testing.T) {
	t.Parallel()
	r, people := crowd(t)
	before := feedsOf(t, r, people)
	feedKeys(t, r, lose, anna, "01READER00", "01READER18")
	for _, id := range []string{anna, "01READER00", "01READER18"} {
		if a := r.Call(operator, "POST", "/v1/admin/feeds/rebuild?user_id="+id, nil); a.Status != 204 {
			t.Fatalf("%s: %d %s", id, a.Status, a.Body)
		}
	}
	if after := feedsOf(t, r, people); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	if a := r.Call(operator, "POST", "/v1/admin/feeds/rebuild?user_id=01NOBODY", nil); a.Status != 404 || a.Code() != "user_not_found" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// What does not belong there goes out of the set itself, not only out of sight.
func TestARebuildTakesOutWhatIsNotFollowed(t *testing.T) {
	t.Parallel()
	r, _ := crowd(t)
	spoil := func(ctx context.Context, c redis.UniversalClient, key string) {
		c.ZAdd(ctx, key, redis.Z{Score: 1, Member: "01STRANGER/01X"})
	}
	feedKeys(t, r, spoil, "01READER00")
	if a := r.Call(operator, "POST", "/v1/admin/feeds/rebuild?user_id=01READER00", nil); a.Status != 204 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	feedKeys(t, r, func(ctx context.Context, c redis.UniversalClient, key string) {
		if left := c.ZRange(ctx, key, 0, -1).Val(); slices.Contains(left, "01STRANGER/01X") || len(left) == 0 {
			t.Errorf("the feed holds %v", left)
		}
	}, "01READER00")
}

func TestARebuildOfNoPartitionsIsRefused(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	for _, e := range []events.FeedRebuildRequested{{From: -1, To: 1}, {From: 1, To: 1}, {To: store.Partitions + 1}} {
		if status := r.Deliver(e); status != 422 {
			t.Errorf("%+v: %d", e, status)
		}
	}
}
