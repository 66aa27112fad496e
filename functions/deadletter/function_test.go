package deadletter_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"paceline/events"
	"paceline/functions/deadletter"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
)

var operator = functiontest.Person{ID: "01OPS", Roles: []identity.Role{identity.Operator}}

func open(t *testing.T) *functiontest.Rig {
	t.Helper()
	return functiontest.New(t, "deadletter", deadletter.Open, map[string]string{"OBJECTS_URL": "file://" + t.TempDir()})
}

func deleted(n int) events.WorkoutDeleted {
	return events.WorkoutDeleted{WorkoutID: fmt.Sprintf("01W%d", n), UserID: "01ANNA", Version: 2, DeletedAt: functiontest.Start}
}

func list(t *testing.T, r *functiontest.Rig, query string) api.DeadLetterList {
	t.Helper()
	var out api.DeadLetterList
	a := r.Call(operator, "GET", "/v1/admin/deadletters"+query, nil)
	if a.Status != http.StatusOK {
		t.Fatalf("list: %d %s", a.Status, a.Body)
	}
	a.JSON(t, &out)
	return out
}

func TestADeadLetterIsKeptShownAndReplayed(t *testing.T) {
	t.Parallel()
	r := open(t)
	failed := map[string]string{"knativeerrordest": "http://stats/events", "knativeerrorcode": "422", "knativeerrordata": base64.StdEncoding.EncodeToString([]byte("no such workout"))}
	for range 2 { // delivered twice
		if status := r.RedeliverWith("event-1", deleted(1), failed); status/100 != 2 {
			t.Fatalf("keep: %d", status)
		}
	}
	all := list(t, r, "")
	if len(all.Items) != 1 {
		t.Fatalf("letters: %+v", all)
	}
	l := all.Items[0]
	if l.EventID != "event-1" || l.EventType != events.TypeWorkoutDeleted || l.Destination != "http://stats/events" || l.Status != 422 || l.Error != "no such workout" || l.State != api.DeadLetterStateKept {
		t.Errorf("letter: %+v", l)
	}
	var whole api.DeadLetter
	r.Call(operator, "GET", "/v1/admin/deadletters/"+l.ID, nil).JSON(t, &whole)
	var e events.Envelope
	if err := json.Unmarshal(whole.Event, &e); err != nil || e.ID != "event-1" || e.Subject != "01W1" {
		t.Errorf("event: %s, %v", whole.Event, err)
	}
	if a := r.Call(operator, "POST", "/v1/admin/deadletters/"+l.ID+"/replay", nil); a.Status != http.StatusAccepted {
		t.Fatalf("replay: %d %s", a.Status, a.Body)
	}
	sent := r.Sent()
	if told := functiontest.SentOf[events.AuditRecorded](r); len(told) != 1 || told[0].Action != "deadletter.replay" {
		t.Errorf("audited: %+v", told)
	}
	sent = slices.DeleteFunc(sent, func(e events.Envelope) bool { return e.Type == events.TypeAuditRecorded })
	if len(sent) != 1 || sent[0].ID != "event-1" || sent[0].Source != e.Source || sent[0].Type != events.TypeWorkoutDeleted || sent[0].Replay != "1" {
		t.Errorf("sent: %+v", sent)
	}
	if after := list(t, r, "").Items[0]; after.State != api.DeadLetterStateReplayed || after.Replays != 1 || after.ReplayedAt == nil {
		t.Errorf("after the replay: %+v", after)
	}
	if status := r.RedeliverWith("event-1", deleted(1), failed); status/100 != 2 { // it failed again
		t.Fatalf("again: %d", status)
	}
	if again := list(t, r, ""); len(again.Items) != 1 || again.Items[0].State != api.DeadLetterStateKept || again.Items[0].Replays != 1 {
		t.Errorf("failed again: %+v", again)
	}
}

func TestListsArePagedAndFiltered(t *testing.T) {
	t.Parallel()
	r := open(t)
	for i := range 5 {
		if status := r.Deliver(deleted(i)); status/100 != 2 {
			t.Fatalf("keep: %d", status)
		}
	}
	if status := r.Deliver(events.MailSent{Key: "k"}); status/100 != 2 {
		t.Fatalf("keep: %d", status)
	}
	for query, want := range map[string]int{"type=" + events.TypeWorkoutDeleted: 5, "type=" + events.TypeMailSent: 1, "type=none": 0, "": 6} {
		n := 0
		for cursor := ""; ; {
			page := list(t, r, "?limit=2&"+query+"&cursor="+cursor)
			n += len(page.Items)
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		if n != want {
			t.Errorf("%q: %d letters, want %d", query, n, want)
		}
	}
}

func TestUnknownLetters(t *testing.T) {
	t.Parallel()
	r := open(t)
	for _, call := range [][2]string{{"GET", "/v1/admin/deadletters/none"}, {"POST", "/v1/admin/deadletters/none/replay"}} {
		if a := r.Call(operator, call[0], call[1], nil); a.Status != http.StatusNotFound || a.Code() != "deadletter_not_found" {
			t.Errorf("%v: %d %s", call, a.Status, a.Body)
		}
	}
}
