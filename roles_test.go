package paceline

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"paceline/shared/function/redistest"
)

// Each way around the second admin and the recent proof is refused with its code,
// changes nothing, and is told once.
func TestEachWayAroundTheSecondAdminIsToldOnce(t *testing.T) {
	t.Parallel()
	c := newClock()
	address := redistest.URL(t)
	d := &drill{t: t, logs: new(heap), redis: as(t, address)}
	d.running = start(t, t.TempDir(), map[string]string{
		"REDIS_URL": address, "ADMIN_EMAILS": "root@example.com,second@example.com", "TRUSTED_PROXIES": "127.0.0.1",
	}, func(p *Platform) { p.now, p.log = c.now, slog.New(slog.NewJSONHandler(d.logs, nil)) })
	root, second, anna, sue := d.join("Root"), d.join("Second"), d.join("Anna"), d.join("Sue")
	root.want(204, "PUT", "/v1/admin/users/"+sue.id+"/roles/support", nil, nil)
	root.want(202, "PUT", "/v1/admin/users/"+anna.id+"/roles/operator", nil, nil)
	root.want(202, "PUT", "/v1/admin/users/"+second.id+"/roles/operator", nil, nil)
	stale := &usual{person: second, from: d.attacker()} // who proved that it is them a while ago
	stale.signIn(0)
	c.advance(6 * time.Minute)
	stale.call("GET", "/v1/me", nil)
	fresh := map[string]string{"stale": stale.token}
	for _, p := range []*person{root, second, anna, sue} {
		p.signIn()
		fresh[p.email] = p.token
	}
	const power, wait = "/v1/admin/users/", "/v1/admin/role-requests/"
	of, requested := anna.id, anna.id+".operator"
	for _, row := range []struct {
		what, by, method, path string
		status                 int
		code, event            string
	}{
		{"a member grants", anna.email, "PUT", power + of + "/roles/coach", 403, "role_missing", "authz_fail"},
		{"a member grants themselves", anna.email, "PUT", power + of + "/roles/admin", 403, "role_missing", "authz_fail"},
		{"a member confirms what they gain", anna.email, "PUT", wait + requested, 403, "role_missing", "authz_fail"},
		{"support grants", sue.email, "PUT", power + of + "/roles/coach", 403, "role_missing", "authz_fail"},
		{"support confirms", sue.email, "PUT", wait + requested, 403, "role_missing", "authz_fail"},
		{"support takes an admin's factors", sue.email, "DELETE", power + root.id + "/factors", 403, "admin_needed", "authz_fail"},
		{"who asked confirms", root.email, "PUT", wait + requested, 409, "second_admin_needed", "authz_fail"},
		{"who gains confirms", second.email, "PUT", wait + second.id + ".operator", 409, "second_admin_needed", "authz_fail"},
		{"an admin takes their own factors", root.email, "DELETE", power + root.id + "/factors", 409, "own_factors", "authz_fail"},
		{"an old proof grants", "stale", "PUT", power + of + "/roles/coach", 403, "reauthentication_required", "sequence_fail"},
		{"an old proof asks", "stale", "PUT", power + of + "/roles/admin", 403, "reauthentication_required", "sequence_fail"},
		{"an old proof confirms", "stale", "PUT", wait + requested, 403, "reauthentication_required", "sequence_fail"},
		{"an old proof refuses", "stale", "DELETE", wait + requested, 403, "reauthentication_required", "sequence_fail"},
		{"an old proof takes a role", "stale", "DELETE", power + of + "/roles/coach", 403, "reauthentication_required", "sequence_fail"},
		{"an old proof takes factors", "stale", "DELETE", power + of + "/factors", 403, "reauthentication_required", "sequence_fail"},
		{"an old proof erases", "stale", "DELETE", power + of, 403, "reauthentication_required", "sequence_fail"},
		{"an old proof exports", "stale", "POST", power + of + "/export", 403, "reauthentication_required", "sequence_fail"},
	} {
		before := d.digest()
		d.told()
		a := d.attacker().with(fresh[row.by]).do(row.method, row.path, nil)
		if a.status != row.status || a.code() != row.code {
			t.Errorf("%s: %d %s, want %d %s", row.what, a.status, a.body, row.status, row.code)
		}
		if told := d.told(); told != row.event {
			t.Errorf("%s: told as %q, want %q once", row.what, told, row.event)
		}
		if left := difference(before, d.digest()); len(left) > 0 {
			t.Errorf("%s: left behind %s", row.what, strings.Join(left, ", "))
		}
	}
}
