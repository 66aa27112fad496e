package social

import (
	"context"
	"errors"
	"net/http"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/export"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
)

// Open opens the social function.
func Open(_ context.Context, e function.Env) (*function.Function, error) {
	base, err := function.OpenBase(e, "social")
	if err != nil {
		return nil, err
	}
	f := &social{base: base, people: people{base.Store}}
	mux := http.NewServeMux()
	mux.Handle("GET /v1/users/{id}", rest.Handler(f.profile))
	mux.Handle("PUT /v1/users/{id}/follow", rest.Command(base.Store, f.follow))
	mux.Handle("DELETE /v1/users/{id}/follow", rest.Command(base.Store, f.unfollow))
	mux.Handle("PUT /v1/users/{id}/block", rest.Command(base.Store, f.block))
	mux.Handle("DELETE /v1/users/{id}/block", rest.Command(base.Store, f.unblock))
	mux.Handle("GET /v1/me/blocks", rest.Handler(f.blocks))
	mux.Handle("GET /v1/users/{id}/followers", f.users("followers"))
	mux.Handle("GET /v1/users/{id}/following", f.users("following"))
	mux.Handle("GET /v1/me/follow-requests", rest.Handler(f.requests))
	mux.Handle("PUT /v1/me/follow-requests/{id}", rest.Command(base.Store, f.accept))
	mux.Handle("DELETE /v1/me/follow-requests/{id}", rest.Command(base.Store, f.decline))
	return base.Function(mux,
		eventing.On(f.profileUpdated),
		eventing.On(f.people.erase),
		export.From(base.Store, func(e events.Exported) events.Payload { return events.SocialExported{Exported: e} }, nil),
		eventing.On(func(ctx context.Context, p events.FollowRequested) error {
			return f.people.mirror(ctx, p.Follow, Requested)
		}),
		eventing.On(func(ctx context.Context, p events.Followed) error { return f.people.mirror(ctx, p.Follow, Following) }),
		eventing.On(func(ctx context.Context, p events.Unfollowed) error { return f.people.mirror(ctx, p.Follow, None) }),
		eventing.On(func(ctx context.Context, p events.Blocked) error { return f.people.part(ctx, p.Block) }),
		eventing.On(func(ctx context.Context, p events.Unblocked) error { return f.people.part(ctx, p.Block) }),
	), nil
}

type social struct {
	base   *function.Base
	people people
}

func (f *social) profileUpdated(ctx context.Context, p events.ProfileUpdated) error {
	return f.people.saveProfile(ctx, Profile{
		UserID: p.UserID, Version: p.Version, DisplayName: p.DisplayName, Bio: p.Bio,
		ApproveFollowers: p.ApproveFollowers, At: p.UpdatedAt,
	})
}

func (f *social) profile(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	p, err := f.people.visible(ctx, identity.UserID(r), id)
	if err != nil {
		return err
	}
	out := api.Profile{UserID: p.UserID, DisplayName: p.DisplayName, Bio: p.Bio}
	if out.FollowersCount, err = f.people.count(ctx, "followers", id); err != nil {
		return err
	}
	if out.FollowingCount, err = f.people.count(ctx, "following", id); err != nil {
		return err
	}
	mine, err := f.people.relation(ctx, identity.UserID(r), id)
	if err != nil {
		return err
	}
	theirs, err := f.people.relation(ctx, id, identity.UserID(r))
	if err != nil {
		return err
	}
	out.Relation = api.Relation{Following: api.FollowState(mine.State), FollowedBy: theirs.State == Following}
	return rest.JSON(w, http.StatusOK, out)
}

func (f *social) follow(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	if id == identity.UserID(r) {
		return fault.Invalid("cannot_follow_yourself", "nobody can follow themselves")
	}
	followee, err := f.people.visible(ctx, identity.UserID(r), id)
	if err != nil {
		return err
	}
	relation, err := f.people.change(ctx, identity.UserID(r), id, func(x *Relation) (bool, error) {
		return x.Follow(followee, f.base.Now()), nil
	})
	if err != nil {
		return err
	}
	// The two sides lie in partitions of their own, so that a block may have come
	// between; whoever of the two is later ends the follow.
	if _, err := f.people.visible(ctx, identity.UserID(r), id); err != nil {
		return errors.Join(err, f.part(ctx, identity.UserID(r), id))
	}
	if relation.State == Requested {
		return rest.JSON(w, http.StatusAccepted, api.Relation{Following: api.FollowStateRequested})
	}
	return rest.NoContent(w)
}

// part ends a follow, if there is one.
func (f *social) part(ctx context.Context, follower, followee string) error {
	_, err := f.people.change(ctx, follower, followee, func(x *Relation) (bool, error) { return x.End(f.base.Now()), nil })
	return err
}

func (f *social) unfollow(w http.ResponseWriter, r *http.Request) error {
	return f.end(w, r, identity.UserID(r), r.PathValue("id"))
}

func (f *social) decline(w http.ResponseWriter, r *http.Request) error {
	return f.end(w, r, r.PathValue("id"), identity.UserID(r))
}

// end is the same from both sides: taking back, declining, removing a follower.
func (f *social) end(w http.ResponseWriter, r *http.Request, follower, followee string) error {
	if err := f.part(r.Context(), follower, followee); err != nil {
		return err
	}
	return rest.NoContent(w)
}

func (f *social) accept(w http.ResponseWriter, r *http.Request) error {
	apart, err := f.people.apart(r.Context(), identity.UserID(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	if apart[0] {
		return errRequest() // it ends when the block has come to its side
	}
	_, err = f.people.change(r.Context(), r.PathValue("id"), identity.UserID(r), func(x *Relation) (bool, error) {
		return x.Accept(f.base.Now())
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}

// users lists one side of a person's follows.
func (f *social) users(kind string) http.Handler {
	return rest.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if _, err := f.people.visible(r.Context(), identity.UserID(r), r.PathValue("id")); err != nil {
			return err
		}
		found, next, err := f.page(r, kind, r.PathValue("id"))
		if err != nil {
			return err
		}
		out := api.UserList{Items: make([]api.UserSummary, 0, len(found)), NextCursor: next}
		for _, p := range found {
			out.Items = append(out.Items, p.user)
		}
		return rest.JSON(w, http.StatusOK, out)
	})
}

func (f *social) requests(w http.ResponseWriter, r *http.Request) error {
	found, next, err := f.page(r, "requests", identity.UserID(r))
	if err != nil {
		return err
	}
	out := api.FollowRequestList{Items: make([]api.FollowRequest, 0, len(found)), NextCursor: next}
	for _, p := range found {
		out.Items = append(out.Items, api.FollowRequest{User: p.user, RequestedAt: p.since})
	}
	return rest.JSON(w, http.StatusOK, out)
}
