package paceline

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"paceline/functions/gateway"
	"paceline/functions/upload/gpx/gpxtest"
)

// policyRow is one row of testdata/policy.tsv.
type policyRow struct {
	method, route, object string
	want                  map[string]string // status by state of ownership
}

func policyRows(t *testing.T) (rows []policyRow, states []string) {
	t.Helper()
	b, err := os.ReadFile("testdata/policy.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		switch {
		case strings.HasPrefix(line, "#"):
		case states == nil:
			states = fields[3:]
		case len(fields) != 3+len(states):
			t.Fatalf("policy.tsv: %q has %d fields", line, len(fields))
		default:
			row := policyRow{fields[0], fields[1], fields[2], map[string]string{}}
			for i, s := range states {
				row.want[s] = fields[3+i]
			}
			rows = append(rows, row)
		}
	}
	return rows, states
}

// Every route that takes an id has a row, and every row is a route.
func TestPolicyHasEveryRoute(t *testing.T) {
	t.Parallel()
	rows, _ := policyRows(t)
	has := map[string]bool{}
	for _, row := range rows {
		has[row.method+" "+row.route] = true
	}
	for _, r := range gateway.Routes {
		key := r.Method + " " + r.Pattern
		if strings.Contains(r.Pattern, "{") && strings.HasPrefix(r.Pattern, "/v1/") && !has[key] {
			t.Errorf("%s takes an id and has no row in testdata/policy.tsv: say who gets what of whose", key)
		}
		delete(has, key)
	}
	for key := range has {
		t.Errorf("testdata/policy.tsv has %s, which is no route", key)
	}
}

// policyBodies is what a write says, of those that read a body.
var policyBodies = map[string]any{
	"PATCH /v1/workouts/{id}": map[string]any{"name": "Changed"},
	"PUT /v1/goals/{id}":      map[string]any{"metric": "workouts", "target": 4, "period": "week", "from": "2026-01-01"},
	"PATCH /v1/segments/{id}": map[string]any{"name": "Changed"},
	"PUT /v1/me/coaches/{id}": map[string]any{"scopes": []string{}},

	"PUT /v1/gear/{id}": map[string]any{"name": "Shoes", "kind": "shoes"},

	"POST /v1/workouts/{id}/crop":  map[string]any{"to_s": 250},
	"POST /v1/workouts/{id}/split": map[string]any{"at_s": 100},
	"POST /v1/workouts/{id}/merge": map[string]any{"workout_ids": []string{"01JTWKZ5R8Q3V7N2M4X6Y9A0BD"}},
}

// policyWorld is people and things in every state of ownership.
type policyWorld struct {
	r       *running
	people  map[string]*person // by state; "missing" asks as the coach
	objects map[string]string
}

func newPolicyWorld(t *testing.T) policyWorld {
	t.Helper()
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com", "RATE_SCALE": "1000"})
	root, owner := r.join("Root"), r.join("Owner")
	w := policyWorld{r, map[string]*person{"owner": owner}, map[string]string{}}
	for _, s := range []string{"stranger", "blocked", "follower", "coach"} {
		w.people[s] = r.join(strings.ToUpper(s[:1]) + s[1:])
		w.objects[s] = w.people[s].id
	}
	coach := w.people["coach"]
	root.want(204, "PUT", "/v1/admin/users/"+coach.id+"/roles/coach", nil, nil)
	coach.signIn()
	w.people["missing"] = coach
	owner.want(204, "PUT", "/v1/me/coaches/"+coach.id, map[string]any{"scopes": []string{"private_workouts", "settings"}}, nil)
	for _, s := range []string{"follower", "blocked"} {
		w.people[s].want(202, "PUT", "/v1/users/"+owner.id+"/follow", nil, nil)
		r.soon("the request of the "+s, func() bool {
			return r.json(owner.token, "PUT", "/v1/me/follow-requests/"+w.people[s].id, nil).status == 204
		})
	}
	owner.want(204, "PUT", "/v1/users/"+w.people["blocked"].id+"/block", nil, nil)
	w.things(owner)
	w.settled()
	return w
}

// things are the owner's objects, by the names that the rows have.
func (w policyWorld) things(owner *person) {
	w.r.t.Helper()
	for i, v := range []string{"private", "followers", "everyone"} {
		up := owner.upload(v+".gpx", gpxtest.Run(monday.Add(time.Duration(i)*24*time.Hour), 300), map[string]string{"visibility": v})
		w.objects[v], w.objects["upload"] = up.Workouts[0].ID, up.UploadID
	}
	var made struct{ ID string }
	for object, v := range map[string]string{"segment": "everyone", "own segment": "private"} {
		owner.want(201, "POST", "/v1/segments", map[string]any{"workout_id": w.objects["private"], "name": object, "from_m": 100, "to_m": 600, "visibility": v}, &made)
		w.objects[object] = made.ID
	}
	w.objects["import"] = owner.imports(map[string][]byte{"a.gpx": gpxtest.Run(monday.Add(9*24*time.Hour), 300)}).ID
	owner.want(201, "POST", "/v1/goals", policyBodies["PUT /v1/goals/{id}"], &made)
	w.objects["goal"] = made.ID
	owner.want(201, "POST", "/v1/privacy-zones", map[string]any{"lat": -52, "lng": 13, "radius_m": 200}, &made)
	w.objects["zone"] = made.ID
	owner.want(201, "POST", "/v1/gear", policyBodies["PUT /v1/gear/{id}"], &made)
	w.objects["gear"] = made.ID
	a := w.r.json(owner.token, "POST", "/v1/stats/replays", nil)
	if err := json.Unmarshal(a.body, &made); err != nil || a.status != 202 {
		w.r.t.Fatalf("a replay: %d %s", a.status, a.body)
	}
	w.objects["replay"], w.objects["owner"] = made.ID, owner.id
	second := &person{r: w.r, email: owner.email}
	second.signIn()
	var sessions struct {
		Items []struct {
			ID      string
			Current bool
		}
	}
	owner.want(200, "GET", "/v1/me/sessions", nil, &sessions)
	for _, s := range sessions.Items {
		if !s.Current {
			w.objects["session"] = s.ID
		}
	}
	w.people["stranger"].want(202, "PUT", "/v1/users/"+owner.id+"/follow", nil, nil)
	w.objects["asking"] = w.people["stranger"].id
}

// settled waits until every function has heard of follows, blocks and grants.
func (w policyWorld) settled() {
	w.r.t.Helper()
	is := func(state, object string, status int) {
		w.r.soon(fmt.Sprintf("%d of %s for the %s", status, object, state), func() bool {
			return w.r.json(w.people[state].token, "GET", "/v1/workouts/"+w.objects[object], nil).status == status
		})
	}
	is("follower", "followers", 200)
	is("blocked", "everyone", 404)
	is("coach", "private", 200)
	w.r.soon("the owner's gear", func() bool {
		return w.r.json(w.people["owner"].token, "GET", "/v1/gear/"+w.objects["gear"], nil).status == 200
	})
	w.r.soon("the stranger's request", func() bool {
		a := w.r.json(w.people["owner"].token, "GET", "/v1/me/follow-requests", nil)
		return strings.Contains(string(a.body), w.objects["asking"])
	})
}

const nobody = "01JTWKZ5R8Q3V7N2M4X6Y9A0BC"

// TestPolicy asks every row of testdata/policy.tsv of the running platform. What
// is not there and what is not for the caller have one answer.
func TestPolicy(t *testing.T) {
	t.Parallel()
	w := newPolicyWorld(t)
	rows, states := policyRows(t)
	asked := 0
	for _, row := range rows {
		missing := ""
		for _, state := range states {
			if row.want[state] == "-" {
				continue
			}
			id := w.objects[row.object]
			if id == "" {
				t.Fatalf("there is no %s", row.object)
			}
			if state == "missing" {
				id = nobody
			}
			path := strings.NewReplacer("{id}", id, "{role}", "coach", "{link}", id).Replace(row.route)
			a := w.r.json(w.people[state].token, row.method, path, policyBodies[row.method+" "+row.route])
			asked++
			if fmt.Sprint(a.status) != row.want[state] {
				t.Errorf("%s %s of %s by the %s: %d %s, want %s", row.method, row.route, row.object, state, a.status, a.body, row.want[state])
			}
			if a.status != 404 || row.method == "HEAD" { // whose answer has no body
				continue
			}
			if said := problemOf(t, a); missing == "" {
				missing = said
			} else if said != missing {
				t.Errorf("%s %s by the %s tells what is there: %s, of what is missing %s", row.method, row.route, state, said, missing)
			}
		}
	}
	t.Logf("%d rows, %d cells", len(rows), asked)
}

// problemOf is a problem document without what tells requests apart.
func problemOf(t *testing.T, a answer) string {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(a.body, &doc); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	delete(doc, "instance")
	return fmt.Sprint(doc)
}

// Lists hold what their reader may see, and nothing else.
func TestListsKeepToThePolicy(t *testing.T) {
	t.Parallel()
	w := newPolicyWorld(t)
	for state, want := range map[string]int{"stranger": 1, "blocked": 0, "follower": 3, "coach": 4, "owner": 4} {
		var list struct{ Items []struct{ ID string } }
		w.people[state].want(200, "GET", "/v1/workouts?user_id="+w.objects["owner"], nil, &list)
		if len(list.Items) != want {
			t.Errorf("the %s lists %d workouts, want %d", state, len(list.Items), want)
		}
	}
	for _, state := range []string{"stranger", "blocked", "coach"} {
		if got := w.people[state].feed(); got != "" {
			t.Errorf("the feed of the %s: %s", state, got)
		}
	}
}
