package accounts

import (
	"context"
	"net/http"
	"slices"

	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/revocation"
	"paceline/shared/function/store"
)

// granted are the roles that admins give and take. Member is every account's
// own; guest and workload are nobody's.
var granted = []identity.Role{identity.Coach, identity.Support, identity.Marketer, identity.Operator, identity.Admin}

// powers are the roles of those who look after others, or after the platform.
var powers = []identity.Role{identity.Support, identity.Operator, identity.Admin}

func (f *accounts) adminRoutes(mux *http.ServeMux, answers rest.Answers) {
	mux.Handle("POST /v1/admin/keys/rotate", rest.Command(nil, f.rotateKeys))
	mux.Handle("GET /v1/admin/users", rest.Command(nil, f.findUsers))
	mux.Handle("GET /v1/admin/users/{id}", rest.Command(nil, f.adminUser))
	mux.Handle("DELETE /v1/admin/users/{id}", rest.Command(nil, f.eraseUser))
	mux.Handle("POST /v1/admin/users/{id}/export", rest.Command(answers, f.exportUser))
	mux.Handle("GET /v1/admin/users/{id}/sessions", rest.Command(nil, f.userSessions))
	mux.Handle("DELETE /v1/admin/users/{id}/sessions", rest.Command(answers, f.endUserSessions))
	mux.Handle("DELETE /v1/admin/users/{id}/factors", rest.Command(answers, f.resetFactors))
	mux.Handle("PUT /v1/admin/users/{id}/roles/{role}", rest.Command(answers, f.grantRole))
	mux.Handle("DELETE /v1/admin/users/{id}/roles/{role}", rest.Command(answers, f.revokeRole))
	mux.Handle("GET /v1/admin/role-requests", rest.Handler(f.roleRequests))
	mux.Handle("PUT /v1/admin/role-requests/{id}", rest.Command(answers, f.confirmRole))
	mux.Handle("DELETE /v1/admin/role-requests/{id}", rest.Command(answers, f.refuseRole))
}

// findUsers looks an address up: there is no other list of people.
func (f *accounts) findUsers(w http.ResponseWriter, r *http.Request) error {
	email, err := checkEmail(r.URL.Query().Get("email"))
	if err != nil {
		return err
	}
	proven, pending, err := f.people.owner(r.Context(), email)
	if err != nil {
		return err
	}
	out := api.AdminUserList{Items: []api.AdminUser{}}
	if id := proven + pending; id != "" {
		a, err := f.people.account(r.Context(), id)
		if err != nil && fault.Of(err).Status != http.StatusNotFound { // one that has expired is nobody
			return err
		}
		if err == nil {
			if err := f.looked(r, a.UserID); err != nil {
				return err
			}
			out.Items = append(out.Items, a.forAdmins())
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

func (f *accounts) adminUser(w http.ResponseWriter, r *http.Request) error {
	a, err := f.people.account(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := f.looked(r, a.UserID); err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, a.forAdmins())
}

func (a Account) forAdmins() api.AdminUser {
	me := a.me()
	return api.AdminUser{
		UserID: me.UserID, Email: me.Email, EmailVerified: me.EmailVerified, DisplayName: me.DisplayName,
		Locale: me.Locale, Roles: me.Roles, CreatedAt: me.CreatedAt,
	}
}

func (f *accounts) userSessions(w http.ResponseWriter, r *http.Request) error {
	if _, err := f.people.account(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	if err := f.looked(r, r.PathValue("id")); err != nil {
		return err
	}
	return f.sessionsOf(w, r, r.PathValue("id"))
}

func (f *accounts) endUserSessions(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	if _, err := f.people.account(ctx, id); err != nil {
		return err
	}
	if err := f.people.Update(ctx, id, func(t *store.Tx) error {
		if err := endAllSessions(ctx, t, id); err != nil {
			return err
		}
		return f.audit(t, r, function.Deed{Action: "sessions.end", Target: id, Outcome: function.Done})
	}); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// resetFactors takes all second factors from a person who lost them, signs them
// out everywhere and tells them. A password that is too short to be alone ends,
// too: the way in is then a new one, by mail. Whoever has none keeps everything.
func (f *accounts) resetFactors(w http.ResponseWriter, r *http.Request) error {
	ctx, id, who := r.Context(), r.PathValue("id"), caller(r)
	if err := f.recent(r); err != nil {
		return err
	}
	if id == who.UserID {
		return fault.Conflict("own_factors", "somebody else has to do this for you; what you can still prove you take away yourself")
	}
	_, err := f.people.change(ctx, id, func(t *store.Tx, a *Account) error {
		if a.powerful() && !who.Has(identity.Admin) {
			return fault.Forbidden("admin_needed", "this person looks after others: an admin has to do this")
		}
		have, err := factorsIn(t, id)
		if err != nil || !have.any() {
			return err
		}
		if err := saveFactors(t, id, Factors{}); err != nil {
			return err
		}
		if a.ShortPassword {
			a.Password, a.ShortPassword = "", false
		}
		if err := endAllSessions(ctx, t, id); err != nil {
			return err
		}
		if err := f.audit(t, r, function.Deed{Action: "factors.reset", Target: id, Outcome: function.Done}); err != nil {
			return err
		}
		return t.Emit(f.mail(*a, "factors_reset", f.now().String(), nil))
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}

// powerful says whether a has a role of power over others.
func (a Account) powerful() bool {
	return slices.ContainsFunc(a.Roles, func(r identity.Role) bool { return slices.Contains(powers, r) })
}

// audit tells of a deed in the transaction that does it.
func (f *accounts) audit(t *store.Tx, r *http.Request, d function.Deed) error {
	return function.Audit(t, "accounts", r, d)
}

// looked tells that somebody looked a person up. What cannot be told of is not
// shown.
func (f *accounts) looked(r *http.Request, id string) error {
	return f.people.Update(r.Context(), id, func(t *store.Tx) error {
		return f.audit(t, r, function.Deed{Action: "account.look", Target: id, Outcome: function.Done})
	})
}

func (f *accounts) grantRole(w http.ResponseWriter, r *http.Request) error {
	role, err := grantable(r)
	if err != nil {
		return err
	}
	if err := f.recent(r); err != nil {
		return err
	}
	if slices.Contains(fourEyes, role) {
		return f.request(w, r, r.PathValue("id"), role)
	}
	if err := f.give(r, r.PathValue("id"), role); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// grant gives a role, and says whether that changed anything.
func (a *Account) grant(role identity.Role) bool {
	if slices.Contains(a.Roles, role) {
		return false
	}
	a.Roles = append(a.Roles, role)
	a.Version++
	return true
}

// revokeRole takes a role away. Nobody takes the role admin from themselves,
// and of two admins who do so to each other neither succeeds: one is left.
func (f *accounts) revokeRole(w http.ResponseWriter, r *http.Request) error {
	ctx, id, by := r.Context(), r.PathValue("id"), caller(r).UserID
	role, err := grantable(r)
	if err != nil {
		return err
	}
	if err := f.recent(r); err != nil {
		return err
	}
	if role == identity.Admin {
		if id == by {
			return fault.Conflict("own_admin_role", "another admin has to take this role from you, so that one is left")
		}
		if err := f.stillAdmin(ctx, by); err != nil {
			return err
		}
	}
	had := false
	_, err = f.people.change(ctx, id, func(t *store.Tx, a *Account) error {
		i := slices.Index(a.Roles, role)
		if had = i >= 0; had {
			a.Roles = slices.Delete(a.Roles, i, i+1)
			a.Version++
			revocation.EndTokens(ctx, t, id)
			return f.audit(t, r, function.Deed{Action: "role.revoke", Target: id, Detail: string(role), Outcome: function.Done})
		}
		return nil
	})
	if err == nil && role == identity.Admin && had {
		// The accounts lie in partitions of their own, so both of two admins look
		// after they wrote, and at least one sees what the other did.
		if err = f.stillAdmin(ctx, by); err != nil {
			return f.restore(r, id, role, err)
		}
	}
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}

// restore gives a role back that was taken by one who may not any more.
func (f *accounts) restore(r *http.Request, id string, role identity.Role, because error) error {
	_, err := f.people.change(r.Context(), id, func(t *store.Tx, a *Account) error {
		if !a.grant(role) {
			return nil
		}
		return f.audit(t, r, function.Deed{Action: "role.restore", Target: id, Detail: string(role), Outcome: function.Done})
	})
	if err != nil {
		return err
	}
	return because
}

// stillAdmin looks at the account: a token tells what was true minutes ago.
func (f *accounts) stillAdmin(ctx context.Context, id string) error {
	a, err := f.people.account(ctx, id)
	if err != nil && fault.Of(err).Status != http.StatusNotFound {
		return err
	}
	if !slices.Contains(a.Roles, identity.Admin) {
		return fault.Conflict("not_admin_any_more", "you are no admin any more, as another admin said just now")
	}
	return nil
}

func grantable(r *http.Request) (identity.Role, error) {
	role := identity.Role(r.PathValue("role"))
	if !slices.Contains(granted, role) {
		return "", fault.Invalid("unknown_role", "a role is one of %v", granted)
	}
	return role, nil
}
