package watch_test

import (
	"fmt"
	"testing"

	"paceline/events"
	"paceline/functions/watch"
	"paceline/shared/audit"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
)

func TestTheAuditLogIsAChain(t *testing.T) {
	t.Parallel()
	r := functiontest.New(t, "watch", watch.Open, map[string]string{"PUBLIC_URL": "http://paceline.example"})
	root := functiontest.Person{ID: "01ROOT", Roles: []identity.Role{identity.Member, identity.Admin}}
	for i := range 5 {
		p := events.AuditRecorded{RecordID: fmt.Sprint(i), Function: "accounts", Action: "role.grant", ActorID: root.ID, Detail: "coach", Outcome: "done", At: r.Now()}
		for range 2 { // the second is a redelivery
			if status := r.Redeliver(fmt.Sprint("delivery of ", i), p); status/100 != 2 {
				t.Fatalf("record %d: %d", i, status)
			}
		}
	}
	var head audit.Entry
	path := "/v1/admin/audit?limit=2"
	for range 3 {
		var page struct {
			Items      []audit.Entry
			NextCursor string `json:"next_cursor"`
		}
		a := r.Call(root, "GET", path, nil)
		if a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		a.JSON(t, &page)
		var err error
		if head, err = audit.Verify(head, page.Items); err != nil {
			t.Fatal(err)
		}
		path = "/v1/admin/audit?limit=2&cursor=" + page.NextCursor
	}
	if head.Sequence != 5 || head.Record.RecordID != "4" {
		t.Errorf("head %+v", head)
	}
}
