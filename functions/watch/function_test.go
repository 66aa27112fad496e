package watch_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/watch"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
)

var operator = functiontest.Person{ID: "01OPS", Roles: []identity.Role{identity.Member, identity.Operator}}

func open(t *testing.T) *functiontest.Rig {
	t.Helper()
	return functiontest.New(t, "watch", watch.Open, map[string]string{
		"ALERT_EMAILS": "ops@example.com, sec@example.com", "PUBLIC_URL": "https://paceline.example", "OBJECTS_URL": "file://" + t.TempDir(),
	})
}

// sign is a signal from somewhere.
func sign(r *functiontest.Rig, n int, name, address, target string) events.SecuritySignal {
	return events.SecuritySignal{
		SignalID: fmt.Sprintf("%s-%s-%d", name, address, n), Name: name, Level: "warn", Function: "accounts",
		Address: address, TargetID: target, Count: 1, At: r.Now(),
	}
}

func deliver(r *functiontest.Rig, p events.Payload) {
	r.T.Helper()
	id := p.Subject() // what comes again comes under its id
	if a, ok := p.(events.SecurityAlert); ok {
		id += a.LastAt.String()
	}
	if status := r.Redeliver(id, p); status != http.StatusAccepted {
		r.T.Fatalf("%s: %d", p.EventType(), status)
	}
}

// stuff is one source that tries n accounts.
func stuff(r *functiontest.Rig, n int) {
	for i := range n {
		deliver(r, sign(r, i, "authn_login_fail", "192.0.2.1", fmt.Sprint("account", i)))
	}
}

// loop delivers to the function what it sent to itself.
func loop(r *functiontest.Rig) (alerts []events.SecurityAlert) {
	for _, a := range functiontest.SentOf[events.SecurityAlert](r) {
		alerts = append(alerts, a)
		deliver(r, a)
	}
	return alerts
}

func list(r *functiontest.Rig, query string) []api.Alert {
	r.T.Helper()
	a := r.Call(operator, "GET", "/v1/admin/alerts"+query, nil)
	if a.Status != http.StatusOK {
		r.T.Fatalf("alerts: %d %s", a.Status, a.Body)
	}
	var out api.AlertList
	a.JSON(r.T, &out)
	return out.Items
}

func TestStuffingBecomesOneAlertWithABlockAndMails(t *testing.T) {
	t.Parallel()
	r := open(t)
	stuff(r, 19)
	if alerts := loop(r); len(alerts) != 0 {
		t.Fatalf("too early: %+v", alerts)
	}
	stuff(r, 25) // the first 19 again: events come twice
	alerts := loop(r)
	if len(alerts) != 1 || alerts[0].Rule != "stuffing-one-source" || alerts[0].Value != "192.0.2.1" || alerts[0].BlockUntil == nil || !alerts[0].BlockUntil.Equal(r.Now().Add(15*time.Minute)) {
		t.Fatalf("alerts %+v", alerts)
	}
	shown := list(r, "?state=open")
	if len(shown) != 1 || shown[0].State != api.AlertStateOpen || shown[0].Count != 20 || shown[0].Level != api.AlertLevelPage || shown[0].Runbook != "docs/alerts/stuffing-one-source.md" {
		t.Errorf("shown %+v", shown)
	}
	to := map[string]bool{}
	for _, m := range functiontest.SentOf[events.MailRequested](r) {
		to[m.To+" "+m.Template] = true
	}
	if len(to) != 2 || !to["ops@example.com security_alert"] || !to["sec@example.com security_alert"] {
		t.Errorf("mails %v", to)
	}
}

func TestAnOperatorTakesAnAlert(t *testing.T) {
	t.Parallel()
	r := open(t)
	stuff(r, 20)
	id := loop(r)[0].AlertID
	for _, verb := range []string{"acknowledge", "release"} {
		a := r.Call(operator, "POST", "/v1/admin/alerts/"+id+"/"+verb, nil)
		var shown api.Alert
		a.JSON(t, &shown)
		if a.Status != http.StatusOK || string(shown.State) != verb+"d" || shown.ChangedBy != "01OPS" {
			t.Errorf("%s: %d %s", verb, a.Status, a.Body)
		}
	}
	var told []string
	for _, d := range functiontest.SentOf[events.AuditRecorded](r) {
		told = append(told, d.Action+" of "+d.TargetID+" by "+d.ActorID)
	}
	if want := []string{"alert.acknowledge of " + id + " by 01OPS", "alert.release of " + id + " by 01OPS"}; !slices.Equal(told, want) {
		t.Errorf("the audit log is told %q, want %q", told, want)
	}
	released := functiontest.SentOf[events.SecurityReleased](r)
	if len(released) != 1 || released[0].Value != "192.0.2.1" || list(r, "")[0].BlockUntil != nil {
		t.Errorf("released %+v, shown %+v", released, list(r, ""))
	}
	if open := list(r, "?state=open"); len(open) != 0 {
		t.Errorf("open %+v", open)
	}
	r.Advance(10 * time.Minute)
	for i := range 20 { // it goes on
		deliver(r, sign(r, 100+i, "authn_login_fail", "192.0.2.1", fmt.Sprint("account", i)))
	}
	loop(r)
	if open := list(r, "?state=open"); len(open) != 1 || open[0].ID != id {
		t.Errorf("an attack that goes on: %+v", list(r, ""))
	}
	if a := r.Call(operator, "POST", "/v1/admin/alerts/none/release", nil); a.Status != http.StatusNotFound || a.Code() != "alert_not_found" {
		t.Errorf("no alert: %d %s", a.Status, a.Body)
	}
}

func TestWhatIsNoAttackIsNoAlert(t *testing.T) {
	t.Parallel()
	r := open(t)
	for i := range 9 { // somebody who forgot a password, and signs in then
		deliver(r, sign(r, i, "authn_login_fail", "192.0.2.7", "account"))
	}
	deliver(r, sign(r, 9, "authn_login_success", "192.0.2.7", "account"))
	deliver(r, sign(r, 10, "a name of tomorrow", "192.0.2.7", "account"))
	if alerts := loop(r); len(alerts) != 0 {
		t.Errorf("%+v", alerts)
	}
}
