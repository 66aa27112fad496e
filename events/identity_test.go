package events_test

import (
	"context"
	"testing"

	"paceline/events"
)

// The id says what caused an event of which type about what, and nothing else:
// a retry sends the same event, and different events never share an id.
func TestIdentity(t *testing.T) {
	t.Parallel()
	deleted := func(workout, user string) events.Payload {
		return events.WorkoutDeleted{WorkoutID: workout, UserID: user}
	}
	same := id(t, "cause", "upload", deleted("w", "ann"))
	cases := map[string]struct {
		id   string
		same bool
	}{
		"the same again":                        {id(t, "cause", "upload", deleted("w", "ann")), true},
		"the same with other data":              {id(t, "cause", "upload", deleted("w", "bob")), true},
		"another cause":                         {id(t, "cause2", "upload", deleted("w", "ann")), false},
		"another function":                      {id(t, "cause", "stats", deleted("w", "ann")), false},
		"another type":                          {id(t, "cause", "upload", events.WorkoutFailed{WorkoutID: "w", UserID: "ann"}), false},
		"another thing":                         {id(t, "cause", "upload", deleted("w2", "ann")), false},
		"a part moved between cause and source": {id(t, "causeu", "pload", deleted("w", "ann")), false},
	}
	for name, c := range cases {
		if (c.id == same) != c.same {
			t.Errorf("%s: id %s beside %s", name, c.id, same)
		}
	}
}

// The derivation itself must not change: events in outboxes and marks of done
// events were made by it.
func TestIdentityIsForEver(t *testing.T) {
	t.Parallel()
	got := id(t, "cause", "upload", events.WorkoutDeleted{WorkoutID: "w", UserID: "ann"})
	if want := "O7TJDRU22HG4J6WDDD5YMHHCNDKPUEA6"; got != want {
		t.Errorf("the id is now %s, want %s", got, want)
	}
}

func TestAnEventNeedsACause(t *testing.T) {
	t.Parallel()
	if e, err := events.New(context.Background(), "upload", events.WorkoutDeleted{}, at); err == nil {
		t.Errorf("without a cause the id would not be stable: %+v", e)
	}
}

func id(t *testing.T, cause, function string, p events.Payload) string {
	t.Helper()
	e, err := events.New(events.WithCause(context.Background(), events.Cause{ID: cause}), function, p, at)
	if err != nil {
		t.Fatal(err)
	}
	return e.ID
}
