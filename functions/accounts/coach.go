package accounts

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// maxCoaches is how many coaches a person may have.
const maxCoaches = 50

// Grant is what an athlete lets a coach see. It outlives its end, so that its
// versions go on.
type Grant struct {
	Granted bool                `json:"granted"`
	Scopes  []events.CoachScope `json:"scopes,omitempty"`
	Version int64               `json:"version"`
	At      time.Time           `json:"at"`
}

// Become grants scopes, or nothing, and says whether that changed anything.
func (g *Grant) Become(granted bool, scopes []events.CoachScope, now time.Time) (changed bool) {
	if g.Granted == granted && slices.Equal(g.Scopes, scopes) {
		return false
	}
	g.Granted, g.Scopes, g.At = granted, scopes, now
	g.Version++
	return true
}

func (g Grant) event(athlete, coach string) events.Payload {
	of := events.Coaching{AthleteID: athlete, CoachID: coach, Version: g.Version, At: g.At}
	if g.Granted {
		return events.CoachGranted{Coaching: of, Scopes: append([]events.CoachScope{}, g.Scopes...)}
	}
	return events.CoachRevoked{Coaching: of}
}

// checkScopes is the asked scopes in the order in which they are kept, each once.
func checkScopes(asked []api.CoachScope) ([]events.CoachScope, error) {
	for _, s := range asked {
		if !slices.Contains(events.CoachScopes, events.CoachScope(s)) {
			return nil, fault.Invalid("unknown_scope", "a scope is one of %v", events.CoachScopes)
		}
	}
	var out []events.CoachScope
	for _, s := range events.CoachScopes {
		if slices.Contains(asked, api.CoachScope(s)) {
			out = append(out, s)
		}
	}
	return out, nil
}

// errCoach is for a person who is no coach and for nobody alike: who holds which
// role is not for everybody to know.
func errCoach() error { return fault.NotFound("coach_not_found", "there is no such coach") }

func (f *accounts) grantCoach(w http.ResponseWriter, r *http.Request) error {
	var in api.CoachRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	ctx, athlete, coach := r.Context(), caller(r).UserID, r.PathValue("id")
	if in.Scopes == nil {
		return fault.Invalid("invalid_member", "what the coach may see is missing").With("pointer", "/scopes")
	}
	scopes, err := checkScopes(in.Scopes)
	if err != nil {
		return err
	}
	if athlete == coach {
		return fault.Invalid("cannot_coach_yourself", "nobody needs a grant for what is their own")
	}
	a, err := f.people.account(ctx, coach)
	if err != nil && fault.Of(err).Status != http.StatusNotFound {
		return err
	}
	if !slices.Contains(a.Roles, identity.Coach) {
		return errCoach()
	}
	if err := f.people.setGrant(ctx, athlete, coach, true, scopes); err != nil {
		return err
	}
	return rest.NoContent(w)
}

func (f *accounts) revokeCoach(w http.ResponseWriter, r *http.Request) error {
	if err := f.people.setGrant(r.Context(), caller(r).UserID, r.PathValue("id"), false, nil); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// setGrant writes a grant on the athlete's side and tells the others. Taking
// back what was never granted is not there.
func (p people) setGrant(ctx context.Context, athlete, coach string, granted bool, scopes []events.CoachScope) error {
	return p.Update(ctx, athlete, func(t *store.Tx) error {
		var g Grant
		key, list := t.Key("coach", athlete, coach), t.Key("coaches", athlete)
		found, err := t.Get(key, &g)
		if err != nil {
			return err
		}
		if !found && !granted {
			return errCoach()
		}
		if granted && !g.Granted {
			if err := room(ctx, t, list); err != nil {
				return err
			}
		}
		if !g.Become(granted, scopes, t.Now()) {
			return nil
		}
		listGrant(ctx, t, list, coach, g)
		t.Own(athlete, key, 0)
		if err := t.Set(key, g, 0); err != nil {
			return err
		}
		return t.Emit(g.event(athlete, coach))
	})
}

func room(ctx context.Context, t *store.Tx, list string) error {
	r, err := t.Read(list)
	if err != nil {
		return err
	}
	n, err := r.ZCard(ctx, list).Result()
	if err == nil && n >= maxCoaches {
		return fault.Invalid("too_many_coaches", "a person has at most %d coaches", maxCoaches)
	}
	return store.Wrap(err)
}

func listGrant(ctx context.Context, t *store.Tx, list, other string, g Grant) {
	t.Write(func(p redis.Pipeliner) {
		if g.Granted {
			p.ZAdd(ctx, list, redis.Z{Score: store.Score(g.At), Member: other})
		} else {
			p.ZRem(ctx, list, other)
		}
	})
}

// mirror brings a grant to the coach's side, unless a newer one is there.
func (p people) mirror(ctx context.Context, e events.Coaching, granted bool) error {
	return p.UpdateOnce(ctx, e.CoachID, func(t *store.Tx) error {
		fresh, err := t.Newer(e.CoachID, t.Key("versions", e.CoachID), e.AthleteID, e.Version)
		if err == nil && fresh {
			listGrant(ctx, t, t.Key("athletes", e.CoachID), e.AthleteID, Grant{Granted: granted, At: e.At})
		}
		return err
	})
}

func (f *accounts) coaches(w http.ResponseWriter, r *http.Request) error {
	return f.grants(w, r, "coaches", func(other string) (athlete, coach string) { return caller(r).UserID, other })
}

func (f *accounts) athletes(w http.ResponseWriter, r *http.Request) error {
	return f.grants(w, r, "athletes", func(other string) (athlete, coach string) { return other, caller(r).UserID })
}

// grants lists one side of a person's grants; the scopes are read on the
// athlete's side, where they are true.
func (f *accounts) grants(w http.ResponseWriter, r *http.Request, list string, sides func(other string) (athlete, coach string)) error {
	ctx, me := r.Context(), caller(r).UserID
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	entries, last, err := f.people.Page(ctx, f.people.Key(me, list, me), page.Limit, page.After)
	if err != nil {
		return err
	}
	out := api.CoachingList{Items: make([]api.Coaching, 0, len(entries))}
	if last != nil {
		out.NextCursor = rest.Cursor(last.Position())
	}
	places := make([]store.Place, len(entries))
	for i, e := range entries {
		places[i] = store.Place{Owner: e.ID, Key: f.people.Key(e.ID, "account", e.ID)}
	}
	others, err := store.GetManySealed[Account](ctx, f.people.Store, places)
	if err != nil {
		return err
	}
	for i, a := range others {
		g, err := f.people.grant(ctx, sides, entries[i].ID)
		if err != nil {
			return err
		}
		if a != nil && g.Granted {
			out.Items = append(out.Items, api.Coaching{
				User: api.UserSummary{UserID: a.UserID, DisplayName: a.DisplayName}, Scopes: g.scopes(), GrantedAt: g.At,
			})
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

func (p people) grant(ctx context.Context, sides func(string) (athlete, coach string), other string) (Grant, error) {
	athlete, coach := sides(other)
	var g Grant
	_, err := p.Get(ctx, p.Key(athlete, "coach", athlete, coach), &g)
	return g, err
}

func (g Grant) scopes() []api.CoachScope {
	out := make([]api.CoachScope, len(g.Scopes))
	for i, s := range g.Scopes {
		out[i] = api.CoachScope(s)
	}
	return out
}

// athleteSettings shows a coach the settings of an athlete who granted that.
func (f *accounts) athleteSettings(w http.ResponseWriter, r *http.Request) error {
	ctx, athlete := r.Context(), r.PathValue("id")
	g, err := f.people.grant(ctx, func(other string) (string, string) { return other, caller(r).UserID }, athlete)
	if err != nil {
		return err
	}
	if !slices.Contains(g.Scopes, events.CoachSettings) {
		return fault.NotFound("athlete_not_found", "there is no such athlete who lets you see this")
	}
	return f.settingsOf(w, r, athlete)
}
