package paceline

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/local"
)

// An event that a function can never take is a dead letter at once; an operator
// sees it and sends it again.
func TestAPoisonEventIsShownAndReplayed(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com"})
	admin, member := r.join("Root"), r.join("Anna")
	r.send(events.Envelope{
		SpecVersion: "1.0", ID: "poison-1", Source: "/functions/upload", Type: events.TypeWorkoutUploaded, Subject: "01POISON",
		Time: monday, DataContentType: "application/json", Data: json.RawMessage(`{"workout_id": 42}`),
	})
	type letter struct {
		ID, State, Destination, Error string
		EventID                       string `json:"event_id"`
		Status, Replays               int
	}
	find := func() (found letter) {
		var list struct{ Items []letter }
		admin.want(200, "GET", "/v1/admin/deadletters", nil, &list)
		if len(list.Items) == 1 {
			found = list.Items[0]
		}
		return found
	}
	r.soon("the dead letter", func() bool { return find().ID != "" })
	l := find()
	if l.EventID != "poison-1" || l.State != "kept" || l.Status != 422 || l.Error == "" || l.Destination == "" {
		t.Errorf("letter %+v", l)
	}
	member.want(403, "GET", "/v1/admin/deadletters", nil, nil)
	member.want(403, "POST", "/v1/admin/deadletters/"+l.ID+"/replay", nil, nil)
	admin.want(202, "POST", "/v1/admin/deadletters/"+l.ID+"/replay", nil, nil)
	r.soon("the letter again", func() bool { again := find(); return again.Replays == 1 && again.State == "kept" })
}

// send puts an event into the broker as the function of its source would.
func (r *running) send(e events.Envelope) {
	r.t.Helper()
	keys, err := local.OpenKeys(filepath.Join(r.dir, "keys"), issuers(), time.Now)
	if err != nil {
		r.t.Fatal(err)
	}
	signer := keys.Signer(strings.TrimPrefix(e.Source, events.Source("")))
	sink := eventing.Sink{URL: r.inside + "/broker/paceline/default", Client: http.DefaultClient, Sign: signer.EventToken, Token: func() (string, error) {
		return signer.WorkloadToken(function.BrokerName)
	}}
	if err := sink.Send(context.Background(), e); err != nil {
		r.t.Fatal(err)
	}
}

// Nobody gets events in, or calls a function, without proving who they are.
func TestInsideNothingAnswersWithoutAToken(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), nil)
	for _, path := range []string{"/broker/paceline/default", "/fn/stats/events", "/fn/accounts/v1/auth/login", "/fn/upload/v1/workouts"} {
		resp, err := http.Post(r.inside+path, "application/cloudevents+json", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // the status says it all
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d, want 401", path, resp.StatusCode)
		}
	}
}
