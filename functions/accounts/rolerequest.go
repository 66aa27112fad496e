package accounts

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/revocation"
	"paceline/shared/function/store"
)

// fourEyes are the roles that one admin asks for and another gives.
var fourEyes = []identity.Role{identity.Operator, identity.Admin}

// requestTTL is for how long a second admin may confirm.
const requestTTL = 7 * 24 * time.Hour

// RoleRequest is a role that waits for a second admin.
type RoleRequest struct {
	UserID string        `json:"user_id"`
	Role   identity.Role `json:"role"`
	By     string        `json:"by"` // who asked
	At     time.Time     `json:"at"`
	// Confirmed is the second admin. From then on the role is given, by whoever
	// finds that it is not yet.
	Confirmed string `json:"confirmed,omitempty"`
}

// id names the request: there is one a person and role.
func (q RoleRequest) id() string { return q.UserID + "." + string(q.Role) }

// Confirm is the word of a second admin, who is neither the one who asked nor
// the one who gains.
func (q *RoleRequest) Confirm(by string) error {
	if by == q.By || by == q.UserID {
		return fault.Conflict("second_admin_needed", "another admin has to confirm this")
	}
	if q.Confirmed == "" {
		q.Confirmed = by
	}
	return nil
}

func (q RoleRequest) answer() api.RoleRequest {
	return api.RoleRequest{
		ID: q.id(), UserID: q.UserID, Role: api.Role(q.Role), RequestedBy: q.By, RequestedAt: q.At, ExpiresAt: q.At.Add(requestTTL),
	}
}

func errRoleRequest() error {
	return fault.NotFound("role_request_not_found", "there is no such request; it may have ended")
}

// desk is the partition in which all role requests lie.
const desk = "rolerequests"

// ask keeps a request, unless it is there already; that one is returned.
func (p people) ask(ctx context.Context, q RoleRequest, tell func(*store.Tx) error) (RoleRequest, error) {
	out := q
	err := p.Update(ctx, desk, func(t *store.Tx) error {
		out = q
		key, list := t.Key("rolerequest", q.id()), t.Key(desk)
		if found, err := t.Get(key, &out); err != nil || found {
			return err
		}
		t.Write(func(pipe redis.Pipeliner) {
			pipe.ZAdd(ctx, list, redis.Z{Score: store.Score(q.At), Member: q.id()})
			pipe.ZRemRangeByScore(ctx, list, "-inf", strconv.FormatInt(q.At.Add(-requestTTL).UnixMilli(), 10))
		})
		if err := t.Set(key, q, requestTTL); err != nil {
			return err
		}
		return tell(t)
	})
	return out, err
}

// decide applies rule to a request that is there, and keeps or ends it.
func (p people) decide(ctx context.Context, id string, rule func(*store.Tx, *RoleRequest) (keep bool, err error)) (RoleRequest, error) {
	var out RoleRequest
	err := p.Update(ctx, desk, func(t *store.Tx) error {
		key := t.Key("rolerequest", id)
		out = RoleRequest{}
		found, err := t.Get(key, &out)
		if err != nil {
			return err
		}
		if !found {
			return errRoleRequest()
		}
		keep, err := rule(t, &out)
		if err != nil {
			return err
		}
		if keep {
			return t.Set(key, out, max(requestTTL-t.Now().Sub(out.At), time.Second))
		}
		t.Del(key)
		t.Write(func(pipe redis.Pipeliner) { pipe.ZRem(ctx, t.Key(desk), id) })
		return nil
	})
	return out, err
}

func (f *accounts) roleRequests(w http.ResponseWriter, r *http.Request) error {
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	entries, last, err := f.people.Page(r.Context(), f.people.Key(desk, desk), page.Limit, page.After)
	if err != nil {
		return err
	}
	out := api.RoleRequestList{Items: make([]api.RoleRequest, 0, len(entries))}
	if last != nil {
		out.NextCursor = rest.Cursor(last.Position())
	}
	for _, e := range entries {
		var q RoleRequest
		found, err := f.people.Get(r.Context(), f.people.Key(desk, "rolerequest", e.ID), &q)
		if err != nil {
			return err
		}
		if found { // one that has expired leaves its id behind
			out.Items = append(out.Items, q.answer())
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// confirmRole gives a role that another admin asked for. It may be repeated: the
// word of the second admin is kept before the role is given, and the request
// ends after that.
func (f *accounts) confirmRole(w http.ResponseWriter, r *http.Request) error {
	ctx, id, by := r.Context(), r.PathValue("id"), caller(r).UserID
	if err := f.recent(r); err != nil {
		return err
	}
	if err := f.stillAdmin(ctx, by); err != nil {
		return err
	}
	q, err := f.people.decide(ctx, id, func(_ *store.Tx, q *RoleRequest) (bool, error) { return true, q.Confirm(by) })
	if err != nil {
		return err
	}
	if err := f.stillAdmin(ctx, q.By); err != nil {
		return fault.Conflict("requester_not_admin", "who asked for this is no admin any more; refuse it, and ask yourself").Because(err)
	}
	if err := f.give(r, q.UserID, q.Role); err != nil {
		return err
	}
	if _, err := f.people.decide(ctx, id, func(*store.Tx, *RoleRequest) (bool, error) { return false, nil }); err != nil && fault.Of(err).Status != http.StatusNotFound {
		return err
	}
	return rest.NoContent(w)
}

// refuseRole ends a request that nobody has confirmed: a refusal by another
// admin, or one who thinks better of it.
func (f *accounts) refuseRole(w http.ResponseWriter, r *http.Request) error {
	if err := f.recent(r); err != nil {
		return err
	}
	_, err := f.people.decide(r.Context(), r.PathValue("id"), func(t *store.Tx, q *RoleRequest) (bool, error) {
		if q.Confirmed != "" && q.Confirmed != caller(r).UserID {
			return true, fault.Conflict("already_confirmed", "another admin has confirmed this; take the role away instead")
		}
		return false, f.audit(t, r, function.Deed{Action: "role.refuse", Target: q.UserID, Detail: string(q.Role), Outcome: function.Refused})
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}

// give grants a role, and voids the tokens that do not have it.
func (f *accounts) give(r *http.Request, id string, role identity.Role) error {
	_, err := f.people.change(r.Context(), id, func(t *store.Tx, a *Account) error {
		if err := mayHold(*a); err != nil {
			return err
		}
		if a.grant(role) {
			revocation.EndTokens(r.Context(), t, a.UserID)
			return f.audit(t, r, function.Deed{Action: "role.grant", Target: id, Detail: string(role), Outcome: function.Done})
		}
		return nil
	})
	return err
}

func mayHold(a Account) error {
	if !a.Verified {
		return fault.Conflict("email_not_verified", "a role is for a person whose address is proven")
	}
	return nil
}

// request asks a second admin for a role; whoever has it already needs nobody.
func (f *accounts) request(w http.ResponseWriter, r *http.Request, id string, role identity.Role) error {
	a, err := f.people.account(r.Context(), id)
	if err != nil {
		return err
	}
	if err := mayHold(a); err != nil {
		return err
	}
	if slices.Contains(a.Roles, role) {
		return rest.NoContent(w)
	}
	q, err := f.people.ask(r.Context(), RoleRequest{UserID: id, Role: role, By: caller(r).UserID, At: f.now()}, func(t *store.Tx) error {
		return f.audit(t, r, function.Deed{Action: "role.ask", Target: id, Detail: string(role), Outcome: function.Asked})
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/admin/role-requests/"+q.id())
	return rest.JSON(w, http.StatusAccepted, q.answer())
}
