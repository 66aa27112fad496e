package function_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/redistest"
)

// signalsOf waits until n signals came, and a moment longer for one too many.
func signalsOf(t *testing.T, rig *functiontest.Rig, n int) []events.SecuritySignal {
	t.Helper()
	count := func() (total int) {
		for _, s := range functiontest.SentOf[events.SecuritySignal](rig) {
			total += s.Count
		}
		return total
	}
	for end := time.Now().Add(10 * time.Second); count() < n && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
	}
	time.Sleep(100 * time.Millisecond)
	if got := count(); got != n {
		t.Errorf("%d signals, want %d", got, n)
	}
	return functiontest.SentOf[events.SecuritySignal](rig)
}

// A refusal that is worth a look is one signal, which knows what it was about.
func TestAForgedEventIsOneSignal(t *testing.T) {
	t.Parallel()
	rig := functiontest.New(t, "echo", echo, nil)
	delivery, err := rig.Broker().WorkloadToken("echo")
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := post(t, rig, events.WorkoutDeleted{WorkoutID: "w", UserID: "ann"}, "", delivery, unsigned); status != http.StatusUnauthorized {
		t.Fatalf("status %d", status)
	}
	found := signalsOf(t, rig, 1)
	if s := found[0]; s.Name != "event_auth_fail" || s.Level != "critical" || s.Code != "event_unsigned" || s.Function != "echo" || s.Address != "127.0.0.1" || s.Route != "POST /events" {
		t.Errorf("%+v", s)
	}
}

// Many alike are few signals that say how many, so that who floods does not
// flood the watch.
func TestAFloodIsFewSignals(t *testing.T) {
	t.Parallel()
	rig := functiontest.New(t, "echo", echo, nil)
	for range 200 {
		resp, err := http.Post(rig.Base+"/events", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	if found := signalsOf(t, rig, 200); len(found) > 10 {
		t.Errorf("%d events for 200 requests", len(found))
	}
}

// What is well is no signal.
func TestAnEventThatIsWellIsNoSignal(t *testing.T) {
	t.Parallel()
	rig := functiontest.New(t, "echo", echo, nil)
	if status := rig.Deliver(events.WorkoutDeleted{WorkoutID: "w", UserID: "ann"}); status != http.StatusAccepted {
		t.Fatalf("status %d", status)
	}
	signalsOf(t, rig, 0)
}

// What Redis refuses a function is a signal, even where the refusal is of all
// that it keeps, its outbox too; that the signal itself is refused is none.
func TestWhatRedisRefusesIsOneSignal(t *testing.T) {
	t.Parallel()
	address := redistest.ServerURL(t)
	o, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	admin := redis.NewClient(o)
	defer admin.Close()
	may := func(keys string) {
		t.Helper()
		if err := admin.Do(t.Context(), "acl", "setuser", "echo", "on", ">echo", "resetkeys", "~"+keys+":*", "~keys:*", "~accounts:*", "+@all").Err(); err != nil {
			t.Fatal(err)
		}
	}
	may("echo")
	rig := functiontest.New(t, "echo", echo, map[string]string{"REDIS_URL": strings.Replace(address, "unix://", "unix://echo:echo@", 1)})
	if status := rig.Deliver(events.WorkoutDeleted{WorkoutID: "w", UserID: "ann"}); status != http.StatusAccepted {
		t.Fatalf("status %d", status)
	}
	may("other")
	if status := rig.Deliver(events.WorkoutDeleted{WorkoutID: "w", UserID: "ann"}); status != http.StatusInternalServerError {
		t.Errorf("status %d", status)
	}
	found := signalsOf(t, rig, 1)
	if s := found[0]; s.Name != "acl_denied" || s.Level != "critical" || s.TargetID == "" || s.Function != "echo" {
		t.Errorf("%+v", s)
	}
}
