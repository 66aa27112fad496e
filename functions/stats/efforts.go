package stats

import (
	"net/http"
	"slices"
	"strconv"

	"paceline/shared/api"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/privacy"
)

// segmentEfforts are the caller's own on a segment, the newest first: a year at a
// time, so that a page does not read all of them.
func (f *stats) segmentEfforts(w http.ResponseWriter, r *http.Request) error {
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	ctx, user := r.Context(), identity.UserID(r)
	s, err := f.workouts.segmentFor(ctx, user, r.PathValue("id"))
	if err != nil {
		return err
	}
	var standing Standing
	if _, err := f.workouts.GetSealed(ctx, user, f.workouts.Key(user, "standing", user, s.ID), &standing); err != nil {
		return err
	}
	years := make([]string, 0, len(standing.Years))
	for y := range standing.Years {
		years = append(years, y)
	}
	slices.Sort(years)
	slices.Reverse(years)
	out := api.SegmentEffortList{Items: []api.SegmentEffort{}}
	var last []string
	for _, y := range years {
		if page.After != nil && y > page.After[0] {
			continue
		}
		var passes []Pass
		if _, err := f.workouts.GetSealed(ctx, user, f.workouts.Key(user, "passes", user, s.ID, y), &passes); err != nil {
			return err
		}
		for i := range slices.Backward(passes) {
			at := []string{y, strconv.Itoa(i)}
			if page.After != nil && y == page.After[0] {
				if n, err := strconv.Atoi(page.After[1]); err != nil || i >= n {
					continue
				}
			}
			if len(out.Items) == page.Limit {
				out.NextCursor = rest.Cursor(last)
				return rest.JSON(w, http.StatusOK, out)
			}
			p := passes[i]
			out.Items, last = append(out.Items, s.effort(p.WorkoutID, p.At, Passage{StartS: p.StartS, ElapsedS: p.ElapsedS})), at
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// workoutSegments is what segments a workout passed; to others, those outside of
// the owner's privacy zones, when the map is shown.
func (f *stats) workoutSegments(w http.ResponseWriter, r *http.Request) error {
	found, err := f.readable(r)
	if err != nil {
		return err
	}
	out := api.WorkoutSegments{Items: []api.SegmentEffort{}}
	placed := found.places(Class{})
	if placed == nil || !found.shows(privacy.Map) {
		return rest.JSON(w, http.StatusOK, out)
	}
	ctx := r.Context()
	ids := segmentsOf(placed)
	of, err := f.workouts.segments(ctx, ids)
	if err != nil {
		return err
	}
	if of, err = f.workouts.known(ctx, identity.UserID(r), of); err != nil {
		return err
	}
	hiding := Hiding{}
	if !found.by.Owner {
		if hiding, err = f.workouts.hiding(ctx, found.Workout.UserID); err != nil {
			return err
		}
	}
	for _, p := range placed.Passages {
		i, _ := slices.BinarySearch(ids, p.SegmentID)
		if of[i] == nil || hiding.touches(of[i].line()) {
			continue
		}
		e := of[i].effort(found.Workout.WorkoutID, found.Workout.StartedAt, p)
		if !found.by.Owner {
			e.StartS = nil // it tells how long the way to it was
		}
		out.Items = append(out.Items, e)
	}
	return rest.JSON(w, http.StatusOK, out)
}
