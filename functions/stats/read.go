package stats

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"paceline/functions/stats/figures"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/objects"
	"paceline/shared/privacy"
	"paceline/shared/track"
)

func (f *stats) show(w http.ResponseWriter, r *http.Request) error {
	found, viewer, err := f.workouts.record(r.Context(), identity.CallerFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	hiding, err := f.workouts.hiding(r.Context(), found.Workout.UserID)
	if err != nil {
		return err
	}
	rest.SetETag(w, found.Workout.Version)
	return rest.JSON(w, http.StatusOK, found.answer(viewer, hiding))
}

// seen is a workout and who looks at it.
type seen struct {
	Record
	by privacy.Viewer
}

// shows says whether the viewer sees a part of the workout.
func (s seen) shows(p privacy.Part) bool { return s.by.Shows(s.Workout, p) }

// redact takes out of an answer's part what the viewer does not see.
func (s seen) redact(of any) { s.by.Redact(s.Workout, of) }

// readable is a workout that the caller may see and whose figures are there.
func (f *stats) readable(r *http.Request) (seen, error) {
	var found seen
	var err error
	found.Record, found.by, err = f.workouts.record(r.Context(), identity.CallerFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return found, err
	}
	switch found.State() {
	case api.WorkoutStateProcessing:
		return found, fault.Conflict("workout_not_ready", "the figures of this workout are not there yet")
	case api.WorkoutStateFailed:
		return found, fault.Conflict("workout_failed", "this workout could not be computed")
	}
	return found, nil
}

// samples is the track of a workout that the caller may see, of another person
// what no privacy zone hides.
func (f *stats) samples(r *http.Request) (*track.Track, seen, error) {
	found, err := f.readable(r)
	if err != nil {
		return nil, found, err
	}
	tr, err := f.recorded(r.Context(), found)
	if err != nil {
		return nil, found, err
	}
	if !found.by.Owner {
		hiding, err := f.workouts.hiding(r.Context(), found.Workout.UserID)
		if err != nil {
			return nil, found, err
		}
		tr = hiding.mask(tr)
	}
	return tr, found, nil
}

// recorded is the whole track of a workout.
func (f *stats) recorded(ctx context.Context, found seen) (*track.Track, error) {
	tr, err := f.track(ctx, found.Workout, found.TrackKey)
	if errors.Is(err, objects.ErrNotFound) { // deleted, and we have not heard of it yet
		return nil, errWorkout()
	}
	return tr, err
}

func (f *stats) streams(w http.ResponseWriter, r *http.Request) error {
	keep, err := streamKeys(r.URL.Query()["keys"])
	if err != nil {
		return err
	}
	tr, found, err := f.samples(r)
	if err != nil {
		return err
	}
	s := figures.Streams(tr)
	out := api.Streams{TimeS: s.TimeS}
	for key, column := range map[api.StreamKey]struct {
		to   *api.Column
		from []float64
	}{
		api.StreamKeyLat: {&out.Lat, s.Lat}, api.StreamKeyLng: {&out.Lng, s.Lng}, api.StreamKeyElevationM: {&out.ElevationM, s.ElevationM},
		api.StreamKeyDistanceM: {&out.DistanceM, s.DistanceM}, api.StreamKeySpeedMPS: {&out.SpeedMPS, s.SpeedMPS},
		api.StreamKeyHeartRateBPM: {&out.HeartRateBPM, s.HeartRateBPM}, api.StreamKeyCadenceRPM: {&out.CadenceRPM, s.CadenceRPM},
		api.StreamKeyPowerW: {&out.PowerW, s.PowerW}, api.StreamKeyTemperatureC: {&out.TemperatureC, s.TemperatureC},
		api.StreamKeyDepthM: {&out.DepthM, s.DepthM},
	} {
		if len(keep) == 0 || keep[key] {
			*column.to = column.from
		}
	}
	found.redact(&out)
	if out.TimeS == nil {
		out.TimeS = api.Column{}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// streamKeys reads ?keys=a,b; empty means all.
func streamKeys(values []string) (map[api.StreamKey]bool, error) {
	keep := map[api.StreamKey]bool{}
	for _, value := range values {
		for name := range strings.SplitSeq(value, ",") {
			key := api.StreamKey(name)
			if !key.Valid() {
				return nil, rest.Parameter("keys", "names of streams, separated by commas")
			}
			keep[key] = true
		}
	}
	return keep, nil
}

func (f *stats) laps(w http.ResponseWriter, r *http.Request) error {
	tr, found, err := f.samples(r)
	if err != nil {
		return err
	}
	out := api.LapList{Items: []api.Lap{}}
	if len(tr.Laps) > 0 { // the contract says the device's laps
		for _, l := range figures.Laps(tr) {
			lap := api.Lap(l)
			found.redact(&lap)
			out.Items = append(out.Items, lap)
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// The lengths of a split, in metres.
var splitLengths = map[api.SplitUnit]float64{api.SplitUnitKm: 1000, api.SplitUnitMi: 1609.344}

func (f *stats) splits(w http.ResponseWriter, r *http.Request) error {
	unit := api.SplitUnit(r.URL.Query().Get("unit"))
	if unit == "" {
		unit = api.SplitUnitKm
	}
	length, ok := splitLengths[unit]
	if !ok {
		return rest.Parameter("unit", "km or mi")
	}
	tr, found, err := f.samples(r)
	if err != nil {
		return err
	}
	out := api.SplitList{Unit: unit, Items: []api.Split{}}
	for _, s := range figures.Splits(tr, length) {
		split := api.Split(s)
		found.redact(&split)
		out.Items = append(out.Items, split)
	}
	return rest.JSON(w, http.StatusOK, out)
}
