package accounts_test

import (
	"fmt"
	"testing"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
)

// coach is a person with the role, as the admin gave it.
func (r rig) coach(root functiontest.Person, email string) functiontest.Person {
	r.T.Helper()
	id := r.member(email)
	r.want(r.Call(root, "PUT", "/v1/admin/users/"+id+"/roles/coach", nil), 204, "")
	return functiontest.Person{ID: id, Roles: []identity.Role{identity.Member, identity.Coach}}
}

func (r rig) coaching(who functiontest.Person, path string) string {
	r.T.Helper()
	var list api.CoachingList
	a := r.Call(who, "GET", path, nil)
	r.want(a, 200, "")
	a.JSON(r.T, &list)
	text := ""
	for _, c := range list.Items {
		text += fmt.Sprint(c.User.UserID, " ", c.Scopes, ";")
	}
	return text
}

func scopes(s ...api.CoachScope) map[string]any {
	return map[string]any{"scopes": append([]api.CoachScope{}, s...)}
}

func TestAnAthleteGrantsACoach(t *testing.T) {
	t.Parallel()
	r := open(t)
	cleo := r.coach(r.admin(), "cleo@example.com")
	anna := functiontest.Person{ID: r.member("anna@example.com")}
	path, settings := "/v1/me/coaches/"+cleo.ID, "/v1/me/athletes/"+anna.ID+"/settings"
	entry := map[string]any{"entries": []any{map[string]any{"valid_from": "2026-01-01", "weight_kg": 61}}}
	r.want(r.Call(anna, "PUT", "/v1/me/settings", entry), 200, "")

	r.want(r.Call(anna, "DELETE", path, nil), 404, "coach_not_found")
	r.want(r.Call(cleo, "GET", settings, nil), 404, "athlete_not_found")
	for range 2 {
		r.want(r.Call(anna, "PUT", path, scopes("power", "heart_rate", "power")), 204, "")
	}
	sent := functiontest.SentOf[events.CoachGranted](r.Rig)
	if len(sent) != 1 || fmt.Sprint(sent[0].Scopes) != "[heart_rate power]" || sent[0].Version != 1 {
		t.Fatalf("granted %+v", sent)
	}
	r.Deliver(sent[0])
	if got := r.coaching(anna, "/v1/me/coaches"); got != cleo.ID+" [heart_rate power];" {
		t.Errorf("coaches %s", got)
	}
	if got := r.coaching(cleo, "/v1/me/athletes"); got != anna.ID+" [heart_rate power];" {
		t.Errorf("athletes %s", got)
	}
	r.want(r.Call(cleo, "GET", settings, nil), 404, "athlete_not_found")
	r.want(r.Call(anna, "PUT", path, scopes("settings")), 204, "")
	a := r.Call(cleo, "GET", settings, nil)
	r.want(a, 200, "")
	var shown api.TrainingSettings
	if a.JSON(t, &shown); len(shown.Entries) != 1 {
		t.Errorf("settings %+v", shown)
	}

	r.want(r.Call(anna, "DELETE", path, nil), 204, "")
	r.want(r.Call(anna, "DELETE", path, nil), 204, "")
	revoked := functiontest.SentOf[events.CoachRevoked](r.Rig)
	if len(revoked) != 1 || revoked[0].Version != 3 {
		t.Fatalf("revoked %+v", revoked)
	}
	if got := r.coaching(cleo, "/v1/me/athletes"); got != "" { // before the event came around
		t.Errorf("athletes %s", got)
	}
	r.Deliver(revoked[0])
	r.Deliver(sent[0]) // late
	r.want(r.Call(cleo, "GET", settings, nil), 404, "athlete_not_found")
	if got := r.coaching(cleo, "/v1/me/athletes") + r.coaching(anna, "/v1/me/coaches"); got != "" {
		t.Errorf("after the grant: %s", got)
	}
}

func TestGrantsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	r := open(t)
	cleo := r.coach(r.admin(), "cleo@example.com")
	ben, anna := r.member("ben@example.com"), functiontest.Person{ID: r.member("anna@example.com")}
	put := func(id string, body any) functiontest.Answer { return r.Call(anna, "PUT", "/v1/me/coaches/"+id, body) }
	r.want(put(ben, scopes()), 404, "coach_not_found") // no coach
	r.want(put("01NOBODY", scopes()), 404, "coach_not_found")
	r.want(put(anna.ID, scopes()), 422, "cannot_coach_yourself")
	r.want(put(cleo.ID, scopes("everything")), 422, "unknown_scope")
	r.want(put(cleo.ID, map[string]any{}), 422, "invalid_member")
	r.want(put(cleo.ID, map[string]any{"scopes": []string{}, "role": "coach"}), 422, "invalid_member")
	if got := r.coaching(anna, "/v1/me/coaches"); got != "" {
		t.Errorf("coaches %s", got)
	}
}
