package stats

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// hiding reads the privacy zones of a person.
func (w workouts) hiding(ctx context.Context, user string) (h Hiding, err error) {
	_, err = w.GetSealed(ctx, user, w.Key(user, "hiding", user), &h)
	return h, err
}

// hidings are the privacy zones of people.
func (w workouts) hidings(ctx context.Context, users []string) (map[string]Hiding, error) {
	places := make([]store.Place, len(users))
	for i, u := range users {
		places[i] = store.Place{Owner: u, Key: w.Key(u, "hiding", u)}
	}
	found, err := store.GetManySealed[Hiding](ctx, w.Store, places)
	out := map[string]Hiding{}
	for i, h := range found {
		if h != nil {
			out[users[i]] = *h
		}
	}
	return out, err
}

// editHiding changes the zones of a person in one transaction. It holds for
// everything that others ask stats from then on, old workouts too: what they see
// is made when they ask. For what other functions have of workouts a replay tells
// of each that begins or ends in a zone now and did not before, or the other way
// round.
func (w workouts) editHiding(ctx context.Context, user string, edit func(*Hiding) error) error {
	return w.Update(ctx, user, func(t *store.Tx) error {
		var h Hiding
		key := t.Key("hiding", user)
		if _, err := t.GetSealed(user, key, &h); err != nil {
			return err
		}
		if h.Seed == nil {
			h.Seed = make([]byte, 32)
			_, _ = rand.Read(h.Seed) // it never fails
		}
		if err := edit(&h); err != nil {
			return err
		}
		h.Version++
		if err := t.SetSealed(user, key, h, 0); err != nil {
			return err
		}
		if err := w.askWeighing(ctx, t, user); err != nil {
			return err
		}
		return w.replay(ctx, t, user, "zones-"+strconv.FormatInt(h.Version, 10), []span{{}})
	})
}

// tellHiding tells of a workout that begins or ends in a zone now and did not
// when others were told of it, or the other way round.
func (w workouts) tellHiding(ctx context.Context, was Record) error {
	user := was.Workout.UserID
	h, err := w.hiding(ctx, user)
	if err != nil || h.of(was).Ends == was.Hiding.Ends {
		return err
	}
	return w.apply(ctx, user, was.Workout.WorkoutID, func(t *store.Tx, r *Record) error {
		var h Hiding
		if _, err := t.GetSealed(user, t.Key("hiding", user), &h); err != nil {
			return err
		}
		now := h.of(*r)
		if r.Deleted || r.Stats == nil || now.Ends == r.Hiding.Ends {
			return nil
		}
		r.Hiding = now
		return t.Emit(events.WorkoutHidingChanged{
			WorkoutID: r.Workout.WorkoutID, UserID: user, Version: r.Workout.Version, Hiding: now, ImportID: r.Workout.ImportID,
		})
	})
}

func (f *stats) listPrivacyZones(w http.ResponseWriter, r *http.Request) error {
	h, err := f.workouts.hiding(r.Context(), identity.UserID(r))
	if err != nil {
		return err
	}
	out := api.PrivacyZoneList{Items: make([]api.PrivacyZone, 0, len(h.Zones))}
	for _, z := range h.Zones {
		out.Items = append(out.Items, z.answer())
	}
	return rest.JSON(w, http.StatusOK, out)
}

func (f *stats) addPrivacyZone(w http.ResponseWriter, r *http.Request) error {
	var in api.PrivacyZoneRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	if err := checkZone(in); err != nil {
		return err
	}
	now := f.workouts.Now()
	z := HiddenZone{ID: function.NewID(now), Name: in.Name, CreatedAt: now.UTC(), Place: circle{in.Lat, in.Lng, in.RadiusM}}
	err := f.workouts.editHiding(r.Context(), identity.UserID(r), func(h *Hiding) error {
		if len(h.Zones) >= maxZones {
			return fault.Conflict("too_many_zones", "there are so many zones that one has to go first")
		}
		z.Hidden = h.cloak(z.Place)
		h.Zones = append(h.Zones, z)
		return nil
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/privacy-zones/"+z.ID)
	return rest.JSON(w, http.StatusCreated, z.answer())
}

func (f *stats) dropPrivacyZone(w http.ResponseWriter, r *http.Request) error {
	err := f.workouts.editHiding(r.Context(), identity.UserID(r), func(h *Hiding) error {
		i := slices.IndexFunc(h.Zones, func(z HiddenZone) bool { return z.ID == r.PathValue("id") })
		if i < 0 {
			return fault.NotFound("zone_not_found", "there is no such zone of yours")
		}
		h.Zones = slices.Delete(h.Zones, i, i+1)
		return nil
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}
