package paceline

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/redistest"
)

// A genuine event that comes again, five times at once and an hour later, is
// answered as the first time, for the broker has to stop, and changes nothing. A
// whole delivery that somebody kept for an hour is not let in.
func TestAnEventThatComesAgainChangesNothing(t *testing.T) {
	t.Parallel()
	c := newClock()
	address := redistest.URL(t)
	d := &drill{t: t, logs: new(heap), redis: as(t, address)}
	d.running = start(t, t.TempDir(), map[string]string{"REDIS_URL": address}, func(p *Platform) {
		p.now, p.log = c.now, slog.New(slog.NewJSONHandler(d.logs, nil))
	})
	d.join("Anna")
	c.advance(time.Minute) // for what was refused before there was a key
	genuine, err := events.New(events.WithCause(context.Background(), events.Cause{ID: "again"}), "accounts", events.AuditRecorded{
		RecordID: "again", Function: "accounts", Action: "account.look", ActorID: "01ROOT", TargetID: "01ANNA", Outcome: function.Done, At: c.now().UTC(),
	}, c.now())
	if err != nil {
		t.Fatal(err)
	}
	empty := d.digest()
	kept := d.delivery(genuine, c.now)
	if a := d.deliver(kept); a.status != 202 {
		t.Fatalf("the first time: %d", a.status)
	}
	once := d.digest()
	if len(difference(empty, once)) == 0 {
		t.Fatal("the event has no effect that could come twice")
	}
	d.told()
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if a := d.deliver(kept); a.status != 202 {
				t.Errorf("one of five at once: %d", a.status)
			}
		})
	}
	all.Wait()
	c.advance(time.Hour)
	age(t, d.redis, time.Hour)
	if a := d.deliver(d.delivery(genuine, c.now)); a.status != 202 {
		t.Errorf("an hour later: %d", a.status)
	}
	if told := d.told(); told != strings.TrimSpace(strings.Repeat(duplicate+" ", 6)) {
		t.Errorf("told as %q", told)
	}
	if a := d.deliver(kept); a.status != 401 {
		t.Errorf("the whole delivery, an hour later: %d", a.status)
	}
	if told := d.told(); told != "event_auth_fail" {
		t.Errorf("the whole delivery is told as %q", told)
	}
	if left := difference(once, d.digest()); len(left) > 0 {
		t.Errorf("what came again left behind %s", strings.Join(left, ", "))
	}
}

// age lets what expires in a Redis, whose clock is its own, be so much older.
func age(t *testing.T, client *redis.Client, by time.Duration) {
	t.Helper()
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		left, err := client.PTTL(t.Context(), key).Result()
		if err == nil && left > 0 {
			err = client.PExpire(t.Context(), key, left-by).Err() // one whose time has come goes
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
