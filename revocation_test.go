package paceline

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"paceline/shared/api"
)

// bites is how soon a token that was revoked opens nothing any more.
const bites = time.Second

// behind is a route of each function that people call.
var behind = map[string]string{
	"accounts": "/v1/me", "upload": "/v1/uploads/01NONE", "stats": "/v1/workouts", "social": "/v1/me/follow-requests",
	"feed": "/v1/feed", "notify": "/v1/notifications", "web": "/app", "gateway": "/v1/openapi.yaml",
}

// TestRevokedTokensBiteWithinASecond ends sign-ins in every way that there is,
// and asks every function until none answers.
func TestRevokedTokensBiteWithinASecond(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com"})
	root := r.join("Root")
	for name, revoke := range map[string]func(p *person){
		"a sign-out":      func(p *person) { p.want(204, "POST", "/v1/auth/logout", nil, nil) },
		"a session ended": func(p *person) { p.want(204, "DELETE", "/v1/me/sessions/"+p.session(), nil, nil) },
		"ended by support": func(p *person) {
			root.want(204, "DELETE", "/v1/admin/users/"+p.id+"/sessions", nil, nil)
		},
		"a role taken": func(p *person) {
			root.want(204, "PUT", "/v1/admin/users/"+p.id+"/roles/coach", nil, nil)
			p.signIn()
			root.want(204, "DELETE", "/v1/admin/users/"+p.id+"/roles/coach", nil, nil)
		},
		"an erasure":   func(p *person) { p.want(202, "DELETE", "/v1/me", nil, nil) },
		"a role given": func(p *person) { root.want(204, "PUT", "/v1/admin/users/"+p.id+"/roles/coach", nil, nil) },
		"a new password": func(p *person) {
			p.want(202, "POST", "/v1/auth/password/forgot", map[string]string{"email": p.email}, nil)
			token := r.linkToken(p.email, "/reset")
			p.want(204, "POST", "/v1/auth/password/reset", map[string]string{"token": token, "password": "a horse walks out of a bar"}, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := r.join(strings.ReplaceAll(name, " ", "-"))
			for function, path := range behind {
				if a := r.do(p.token, "GET", path, nil, ""); a.status == http.StatusUnauthorized {
					t.Fatalf("%s: %d %s", function, a.status, a.body)
				}
			}
			revoke(p)
			said := time.Now()
			last := said
			for open := true; open && time.Since(said) < 10*bites; time.Sleep(50 * time.Millisecond) {
				open = false
				for _, path := range behind {
					if a := r.do(p.token, "GET", path, nil, ""); a.status != http.StatusUnauthorized {
						open, last = true, time.Now()
					}
				}
			}
			if late := last.Sub(said); late > bites {
				t.Errorf("the token opened something %s after it was revoked", late)
			}
		})
	}
}

// session is the sign-in that a person's app uses now.
func (p *person) session() string {
	var list api.SessionList
	p.want(200, "GET", "/v1/me/sessions", nil, &list)
	return list.Items[0].ID
}
