package accounts_test

import (
	"fmt"
	"sync"
	"testing"

	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
)

// admin is a person whose address is in ADMIN_EMAILS.
func (r rig) admin() functiontest.Person {
	r.T.Helper()
	return asAdmin(r.member("root@example.com"))
}

func asAdmin(id string) functiontest.Person {
	return functiontest.Person{ID: id, Roles: []identity.Role{identity.Member, identity.Admin}}
}

// give has one admin ask for a role and another confirm it; whoever has it needs
// neither.
func (r rig) give(first, second functiontest.Person, id, role string) {
	r.T.Helper()
	a := r.Call(first, "PUT", "/v1/admin/users/"+id+"/roles/"+role, nil)
	if a.Status == 204 {
		return
	}
	r.want(a, 202, "")
	r.want(r.Call(second, "PUT", "/v1/admin/role-requests/"+id+"."+role, nil), 204, "")
}

// roles is what an account says, as an admin sees it.
func (r rig) roles(admin functiontest.Person, id string) string {
	r.T.Helper()
	a := r.Call(admin, "GET", "/v1/admin/users/"+id, nil)
	r.want(a, 200, "")
	var u api.AdminUser
	a.JSON(r.T, &u)
	return fmt.Sprint(u.Roles)
}

func TestAdminsFindPeople(t *testing.T) {
	t.Parallel()
	r := open(t)
	root := r.admin()
	anna, ben := r.member("anna@example.com"), r.register("ben@example.com")
	for address, want := range map[string]string{
		"anna@example.com": "[" + anna + " true]", "ANNA@Example.com": "[" + anna + " true]", "ben@example.com": "[" + ben + " false]", "nobody@example.com": "[]",
	} {
		a := r.Call(root, "GET", "/v1/admin/users?email="+address, nil)
		r.want(a, 200, "")
		var list api.AdminUserList
		a.JSON(t, &list)
		got := "[]"
		if len(list.Items) == 1 {
			got = fmt.Sprint([]any{list.Items[0].UserID, list.Items[0].EmailVerified})
		}
		if got != want || list.Items == nil {
			t.Errorf("%s: %s (%+v), want %s", address, got, list, want)
		}
	}
	r.want(r.Call(root, "GET", "/v1/admin/users", nil), 422, "invalid_email")
	r.want(r.Call(root, "GET", "/v1/admin/users/01NOBODY", nil), 404, "account_not_found")
	r.want(r.Call(root, "GET", "/v1/admin/users/01NOBODY/sessions", nil), 404, "account_not_found")
}

func TestARoleHoldsFromTheNextToken(t *testing.T) {
	t.Parallel()
	r := open(t)
	root, anna := r.admin(), r.member("anna@example.com")
	tokens := r.login("anna@example.com", password)
	path := "/v1/admin/users/" + anna + "/roles/"
	for range 2 {
		r.want(r.Call(root, "PUT", path+"support", nil), 204, "")
	}
	if got := r.roles(root, anna); got != "[member support]" {
		t.Errorf("roles %s", got)
	}
	a := r.refresh(tokens.RefreshToken)
	r.want(a, 200, "")
	a.JSON(t, &tokens)
	if got := fmt.Sprint(r.says(tokens.AccessToken).Roles); got != "[member support]" {
		t.Errorf("the next token says %s", got)
	}
	for range 2 {
		r.want(r.Call(root, "DELETE", path+"support", nil), 204, "")
	}
	a = r.refresh(tokens.RefreshToken)
	a.JSON(t, &tokens)
	if got := fmt.Sprint(r.says(tokens.AccessToken).Roles); got != "[member]" {
		t.Errorf("after it was taken, the next token says %s", got)
	}
}

func TestRolesThatNobodyGives(t *testing.T) {
	t.Parallel()
	r := open(t)
	root, anna, ben := r.admin(), r.member("anna@example.com"), r.register("ben@example.com")
	for _, method := range []string{"PUT", "DELETE"} {
		for _, role := range []string{"member", "guest", "workload", "Admin", "root"} {
			r.want(r.Call(root, method, "/v1/admin/users/"+anna+"/roles/"+role, nil), 422, "unknown_role")
		}
		r.want(r.Call(root, method, "/v1/admin/users/01NOBODY/roles/coach", nil), 404, "account_not_found")
	}
	r.want(r.Call(root, "PUT", "/v1/admin/users/"+ben+"/roles/admin", nil), 409, "email_not_verified")
	if got := r.roles(root, anna) + r.roles(root, ben); got != "[member][member]" {
		t.Errorf("roles %s", got)
	}
}

func TestOneAdminIsLeft(t *testing.T) {
	t.Parallel()
	r := open(t)
	root, anna := r.admin(), r.member("second@example.com")
	r.want(r.Call(root, "DELETE", "/v1/admin/users/"+root.ID+"/roles/admin", nil), 409, "own_admin_role")
	r.want(r.Call(asAdmin(anna), "DELETE", "/v1/admin/users/"+root.ID+"/roles/admin", nil), 204, "")
	// root's token says admin for some minutes more.
	r.want(r.Call(root, "DELETE", "/v1/admin/users/"+anna+"/roles/admin", nil), 409, "not_admin_any_more")
	if got := r.roles(root, anna) + r.roles(root, root.ID); got != "[member admin][member]" {
		t.Errorf("roles %s", got)
	}
}

func TestTwoAdminsWhoRevokeEachOtherLeaveOne(t *testing.T) {
	t.Parallel()
	r := open(t)
	root, anna, third := r.admin(), r.member("second@example.com"), asAdmin(r.member("third@example.com"))
	fourth := asAdmin(r.member("fourth@example.com"))
	for range 20 {
		for _, id := range []string{root.ID, anna} {
			r.give(third, fourth, id, "admin")
		}
		var wg sync.WaitGroup
		wg.Go(func() { r.Call(root, "DELETE", "/v1/admin/users/"+anna+"/roles/admin", nil) })
		wg.Go(func() { r.Call(asAdmin(anna), "DELETE", "/v1/admin/users/"+root.ID+"/roles/admin", nil) })
		wg.Wait()
		if r.roles(root, root.ID) == "[member]" && r.roles(root, anna) == "[member]" {
			t.Fatal("no admin is left")
		}
	}
}

func TestSupportEndsSessions(t *testing.T) {
	t.Parallel()
	r := open(t)
	support := functiontest.Person{ID: "01SUPPORT", Roles: []identity.Role{identity.Member, identity.Support}}
	anna := r.member("anna@example.com")
	phone, watch := r.login("anna@example.com", password), r.login("anna@example.com", password)
	var list api.SessionList
	r.Call(support, "GET", "/v1/admin/users/"+anna+"/sessions", nil).JSON(t, &list)
	if len(list.Items) != 2 || list.Items[0].Current || list.Items[1].Current {
		t.Errorf("sessions %+v", list)
	}
	r.want(r.Call(support, "DELETE", "/v1/admin/users/"+anna+"/sessions", nil), 204, "")
	for _, token := range []string{phone.RefreshToken, watch.RefreshToken} {
		r.want(r.refresh(token), 400, "invalid_grant")
	}
	r.want(r.Call(support, "DELETE", "/v1/admin/users/01NOBODY/sessions", nil), 404, "account_not_found")
}

// keys is the JWKS that the rig's function verifies with, and signs with.
func (r rig) keys() identity.KeySource { return function.KeysFromFile(r.Vars["IDENTITY_JWKS_FILE"]) }
