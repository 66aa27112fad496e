package stats

import (
	"context"
	"net/http"
	"slices"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

func errGear() error { return fault.NotFound("gear_not_found", "there is no such gear of yours") }

// editGear changes the pieces of a person within a transaction and tells of
// those that wore out; workout is the one that did it, or "".
func editGear(t *store.Tx, user, workout string, edit func([]Piece) []Piece) error {
	var all []Piece
	key := t.Key("gear", user)
	if _, err := t.GetSealed(user, key, &all); err != nil {
		return err
	}
	all = edit(all)
	for i := range all {
		p := &all[i]
		if !p.wear() {
			continue
		}
		err := t.Emit(events.GearWorn{
			GearID: p.Gear.GearID, UserID: user, WorkoutID: workout, Name: p.Gear.Name, DistanceM: p.distanceM(), WearDistanceM: *p.Gear.WearDistanceM,
		})
		if err != nil {
			return err
		}
	}
	return t.SetSealed(user, key, all, 0)
}

// piece finds a piece, or makes one that nobody has told of.
func piece(all []Piece, id string) ([]Piece, *Piece) {
	i := slices.IndexFunc(all, func(p Piece) bool { return p.Gear.GearID == id })
	if i < 0 {
		i = len(all)
		all = append(all, Piece{})
		all[i].Gear.GearID = id
	}
	return all, &all[i]
}

// wearGear takes what the workout added to its gear off and adds what it adds now.
func wearGear(t *store.Tx, r *Record) error {
	next := r.uses()
	if before := r.Used; before == nil && next == nil || before != nil && next != nil && *before == *next {
		return nil
	}
	err := editGear(t, r.Workout.UserID, r.Workout.WorkoutID, func(all []Piece) []Piece {
		for _, step := range []struct {
			u    *Used
			sign int64
		}{{r.Used, -1}, {next, 1}} {
			if step.u != nil {
				var p *Piece
				all, p = piece(all, step.u.GearID)
				p.Use.Add(step.u.Sums, step.sign)
			}
		}
		return all
	})
	r.Used = next
	return err
}

// saveGear keeps the newest of what a person says of gear.
func (w workouts) saveGear(ctx context.Context, e events.GearChanged) error {
	return w.UpdateOnce(ctx, e.UserID, func(t *store.Tx) error {
		return editGear(t, e.UserID, "", func(all []Piece) []Piece {
			all, p := piece(all, e.GearID)
			if e.Version > p.Gear.Version {
				p.Gear = e
			}
			return all
		})
	})
}

// gear reads the pieces that a person has, in the order in which they came.
func (f *stats) gear(ctx context.Context, user string) ([]Piece, error) {
	var all []Piece
	_, err := f.workouts.GetSealed(ctx, user, f.workouts.Key(user, "gear", user), &all)
	all = slices.DeleteFunc(all, func(p Piece) bool { return p.Gear.Version == 0 || p.Gear.Deleted })
	slices.SortStableFunc(all, func(a, b Piece) int { return a.Gear.CreatedAt.Compare(b.Gear.CreatedAt) })
	return all, err
}

func (f *stats) listGear(w http.ResponseWriter, r *http.Request) error {
	all, err := f.gear(r.Context(), identity.UserID(r))
	if err != nil {
		return err
	}
	out := api.GearList{Items: make([]api.Gear, 0, len(all))}
	for _, p := range all {
		out.Items = append(out.Items, p.answer())
	}
	return rest.JSON(w, http.StatusOK, out)
}

func (f *stats) showGear(w http.ResponseWriter, r *http.Request) error {
	all, err := f.gear(r.Context(), identity.UserID(r))
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Gear.GearID == r.PathValue("id") {
			rest.SetETag(w, p.Gear.Version)
			return rest.JSON(w, http.StatusOK, p.answer())
		}
	}
	return errGear()
}
