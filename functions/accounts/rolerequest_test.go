package accounts_test

import (
	"fmt"
	"testing"
	"time"

	"paceline/shared/api"
	"paceline/shared/function/functiontest"
)

func (r rig) waiting(admin functiontest.Person) string {
	r.T.Helper()
	var list api.RoleRequestList
	a := r.Call(admin, "GET", "/v1/admin/role-requests", nil)
	r.want(a, 200, "")
	a.JSON(r.T, &list)
	text := ""
	for _, q := range list.Items {
		text += fmt.Sprint(q.ID, " by ", q.RequestedBy, ";")
	}
	return text
}

func TestPowerfulRolesNeedTwoAdmins(t *testing.T) {
	t.Parallel()
	r := open(t)
	root, second, anna := r.admin(), asAdmin(r.member("second@example.com")), r.member("anna@example.com")
	for _, role := range []string{"operator", "admin"} {
		path, id := "/v1/admin/users/"+anna+"/roles/"+role, anna+"."+role
		for range 2 {
			r.want(r.Call(root, "PUT", path, nil), 202, "")
		}
		r.want(r.Call(second, "PUT", path, nil), 202, "") // asking is not confirming
		if got := r.waiting(root); got != id+" by "+root.ID+";" {
			t.Errorf("waiting: %s", got)
		}
		before := r.roles(root, anna)
		r.want(r.Call(root, "PUT", "/v1/admin/role-requests/"+id, nil), 409, "second_admin_needed")
		r.want(r.Call(asAdmin(anna), "PUT", "/v1/admin/role-requests/"+id, nil), 409, "not_admin_any_more")
		if got := r.roles(root, anna); got != before {
			t.Errorf("roles %s before the second admin", got)
		}
		r.want(r.Call(second, "PUT", "/v1/admin/role-requests/"+id, nil), 204, "")
		r.want(r.Call(second, "PUT", "/v1/admin/role-requests/"+id, nil), 404, "role_request_not_found")
		if got := r.waiting(root); got != "" {
			t.Errorf("waiting: %s", got)
		}
	}
	if got := r.roles(root, anna); got != "[member operator admin]" {
		t.Errorf("roles %s", got)
	}
	r.want(r.Call(root, "PUT", "/v1/admin/users/"+anna+"/roles/admin", nil), 204, "")
	r.want(r.Call(root, "PUT", "/v1/admin/users/"+second.ID+"/roles/operator", nil), 202, "")
	r.want(r.Call(second, "PUT", "/v1/admin/role-requests/"+second.ID+".operator", nil), 409, "second_admin_needed") // who gains
}

func TestARoleRequestEnds(t *testing.T) {
	t.Parallel()
	r := open(t)
	root, second, anna := r.admin(), asAdmin(r.member("second@example.com")), r.member("anna@example.com")
	ask := func() { r.want(r.Call(root, "PUT", "/v1/admin/users/"+anna+"/roles/operator", nil), 202, "") }
	path := "/v1/admin/role-requests/" + anna + ".operator"

	ask()
	r.want(r.Call(second, "DELETE", path, nil), 204, "")
	r.want(r.Call(second, "PUT", path, nil), 404, "role_request_not_found")

	ask() // and who asked is an admin no longer
	r.want(r.Call(second, "DELETE", "/v1/admin/users/"+root.ID+"/roles/admin", nil), 204, "")
	third := asAdmin(r.member("third@example.com"))
	r.want(r.Call(third, "PUT", path, nil), 409, "requester_not_admin")
	r.want(r.Call(second, "DELETE", path, nil), 409, "already_confirmed")
	if got := r.roles(second, anna); got != "[member]" {
		t.Errorf("roles %s", got)
	}
}

func TestRolesNeedARecentProof(t *testing.T) {
	t.Parallel()
	r := open(t)
	root, second, anna := r.admin(), asAdmin(r.member("second@example.com")), r.member("anna@example.com")
	r.want(r.Call(root, "PUT", "/v1/admin/users/"+anna+"/roles/operator", nil), 202, "")
	root.AuthTime, second.AuthTime = r.Now().Add(-6*time.Minute), r.Now().Add(-6*time.Minute)
	for _, call := range [][2]string{
		{"PUT", "users/" + anna + "/roles/coach"}, {"PUT", "users/" + anna + "/roles/admin"}, {"DELETE", "users/" + anna + "/roles/coach"},
		{"PUT", "role-requests/" + anna + ".operator"}, {"DELETE", "role-requests/" + anna + ".operator"},
	} {
		r.want(r.Call(second, call[0], "/v1/admin/"+call[1], nil), 403, "reauthentication_required")
	}
	if got := r.roles(root, anna); got != "[member]" {
		t.Errorf("roles %s", got)
	}
}
