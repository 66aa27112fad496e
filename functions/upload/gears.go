package upload

import (
	"context"
	"net/http"
	"slices"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

func gearKey(user string) string { return "gear:" + user }

// rack reads the gear of a person.
func (s workouts) rack(ctx context.Context, user string) (r rack, err error) {
	_, err = s.GetSealed(ctx, user, s.Key(user, gearKey(user)), &r)
	return r, err
}

// owned says that a piece that a person names is the person's; "" names none.
func (s workouts) owned(ctx context.Context, user, gear string) error {
	if gear == "" {
		return nil
	}
	all, err := s.rack(ctx, user)
	if err == nil && all.find(gear) < 0 {
		err = invalid("gear_id", "must be gear of yours")
	}
	return err
}

// editRack changes the gear of a person in one transaction, and tells of the
// piece that edit answers with.
func (s workouts) editRack(ctx context.Context, user string, edit func(rack) (rack, events.GearChanged, error)) error {
	return s.Update(ctx, user, func(t *store.Tx) error {
		var all rack
		key := t.Key(gearKey(user))
		if _, err := t.GetSealed(user, key, &all); err != nil {
			return err
		}
		all, changed, err := edit(all)
		if err != nil {
			return err
		}
		if err := t.SetSealed(user, key, all, 0); err != nil {
			return err
		}
		return t.Emit(changed)
	})
}

func readGear(w http.ResponseWriter, r *http.Request) (in api.GearRequest, err error) {
	if err := rest.Read(w, r, &in); err != nil {
		return in, err
	}
	return gearOf(in)
}

func (f *upload) addGear(w http.ResponseWriter, r *http.Request) error {
	in, err := readGear(w, r)
	if err != nil {
		return err
	}
	now := f.now()
	user, g := identity.UserID(r), Gear{ID: function.NewID(now), Version: 1, CreatedAt: now.UTC(), GearRequest: in}
	err = f.workouts.editRack(r.Context(), user, func(all rack) (rack, events.GearChanged, error) {
		if len(all) >= maxGear {
			return nil, events.GearChanged{}, fault.Conflict("too_much_gear", "there is so much gear that some has to go first")
		}
		return append(all, g), g.changed(user), nil
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/gear/"+g.ID)
	rest.SetETag(w, g.Version)
	return rest.JSON(w, http.StatusCreated, g.answer())
}

func (f *upload) putGear(w http.ResponseWriter, r *http.Request) error {
	in, err := readGear(w, r)
	if err != nil {
		return err
	}
	var g Gear
	user := identity.UserID(r)
	err = f.workouts.editRack(r.Context(), user, func(all rack) (rack, events.GearChanged, error) {
		i := all.find(r.PathValue("id"))
		if i < 0 {
			return nil, events.GearChanged{}, errGear()
		}
		if err := rest.CheckIfMatch(r, all[i].Version); err != nil {
			return nil, events.GearChanged{}, err
		}
		g = Gear{ID: all[i].ID, Version: all[i].Version + 1, CreatedAt: all[i].CreatedAt, GearRequest: in}
		all[i] = g
		return all, g.changed(user), nil
	})
	if err != nil {
		return err
	}
	rest.SetETag(w, g.Version)
	return rest.JSON(w, http.StatusOK, g.answer())
}

// dropGear takes a piece away. Workouts keep its id, which then names nothing.
func (f *upload) dropGear(w http.ResponseWriter, r *http.Request) error {
	user := identity.UserID(r)
	err := f.workouts.editRack(r.Context(), user, func(all rack) (rack, events.GearChanged, error) {
		i := all.find(r.PathValue("id"))
		if i < 0 {
			return nil, events.GearChanged{}, errGear()
		}
		gone := events.GearChanged{GearID: all[i].ID, UserID: user, Version: all[i].Version + 1, CreatedAt: all[i].CreatedAt, Deleted: true}
		return slices.Delete(all, i, i+1), gone, nil
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}
