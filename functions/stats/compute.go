package stats

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"paceline/events"
	"paceline/functions/stats/figures"
	"paceline/shared/function/fault"
	"paceline/shared/function/store"
	"paceline/shared/objects"
	"paceline/shared/track"
)

// maxTrack bounds a stored track.
const maxTrack = 256 << 20

// uploaded computes a new workout. The track is read and computed before the
// transaction, which only keeps the result.
func (f *stats) uploaded(ctx context.Context, e events.WorkoutUploaded) error {
	return f.compute(ctx, e.Workout, e.TrackKey, e.UploadID)
}

// compute makes the figures of a workout as described by w and keeps them with
// the newest description.
func (f *stats) compute(ctx context.Context, w events.Workout, trackKey, uploadID string) error {
	var known Record
	if _, err := f.workouts.GetSealed(ctx, w.UserID, f.workouts.Key(w.UserID, "workout", w.WorkoutID), &known); err != nil {
		return err
	}
	if known.Describe(w); !known.Deleted {
		w = known.Workout
	}
	computed, unusable, err := f.figures(ctx, w, trackKey)
	if err != nil {
		return err
	}
	err = f.workouts.change(ctx, w.UserID, w.WorkoutID, func(t *store.Tx, r *Record) error {
		r.TrackKey, r.UploadID = trackKey, uploadID
		return f.take(ctx, t, r, w, computed, unusable)
	})
	if err != nil {
		return err
	}
	return f.match(ctx, w, computed)
}

// take keeps what was computed for w, unless it is no longer so: another sport
// or other settings meanwhile are tried again.
func (f *stats) take(ctx context.Context, t *store.Tx, r *Record, w events.Workout, computed *analysis, unusable *track.Fault) error {
	if r.Deleted {
		return nil
	}
	if r.Describe(w); r.Workout.Sport != w.Sport || r.Workout.SubSport != w.SubSport || r.Workout.Track != w.Track {
		return fault.Conflict("described_anew", "the sport or the track was changed meanwhile")
	}
	r.Stats, r.ComputedSport, r.ComputedSubSport, r.ComputedTrack = nil, w.Sport, w.SubSport, w.Track
	if computed != nil {
		var settings Settings
		if _, err := t.GetSealed(w.UserID, t.Key("settings", w.UserID), &settings); err != nil {
			return err
		}
		if !reflect.DeepEqual(basisOf(w, settings), computed.Basis) {
			return fault.Conflict("settings_changed", "the training settings were changed meanwhile")
		}
		var hiding Hiding
		if _, err := t.GetSealed(w.UserID, t.Key("hiding", w.UserID), &hiding); err != nil {
			return err
		}
		r.Stats, r.Ends = &computed.Stats, computed.ends
		r.Hiding = hiding.of(*r)
	}
	if err := f.workouts.keep(ctx, t, r, computed.kept(r.Workout)); err != nil {
		return err
	}
	if unusable != nil {
		r.Fault = unusable.Code
		return t.Emit(events.WorkoutFailed{
			WorkoutID: w.WorkoutID, UserID: w.UserID, UploadID: r.UploadID, FileName: w.Source.FileName,
			Code: unusable.Code, Detail: unusable.Detail, ImportID: w.ImportID,
		})
	}
	r.Fault = ""
	return t.Emit(events.WorkoutProcessed{Workout: r.Workout, UploadID: r.UploadID, Stats: computed.Stats, Hiding: r.Hiding})
}

// figures reads the track and computes it. A fault is the workout's own and
// final; an error may pass.
func (f *stats) figures(ctx context.Context, w events.Workout, trackKey string) (*analysis, *track.Fault, error) {
	ctx, done := context.WithCancel(ctx) // an event may be of many workouts, one after another
	defer done()
	tr, err := f.track(ctx, w, trackKey)
	switch {
	case errors.Is(err, objects.ErrNotFound):
		return f.goneOrLate(ctx, w)
	case errors.Is(err, errTrack):
		return nil, &track.Fault{Code: "track_unreadable", Detail: "the stored samples cannot be read", Offset: -1}, nil
	case err != nil:
		return nil, nil, err
	}
	var settings Settings
	if _, err := f.workouts.GetSealed(ctx, w.UserID, f.workouts.Key(w.UserID, "settings", w.UserID), &settings); err != nil {
		return nil, nil, err
	}
	basis := basisOf(w, settings)
	return &analysis{figures.Analyse(tr, basis.Athlete), basis, lineOf(tr), endsOf(tr), figures.Places(tr)}, nil, nil
}

// goneOrLate tells a workout that was deleted meanwhile, whose track may be
// gone, from one whose track we cannot see yet.
func (f *stats) goneOrLate(ctx context.Context, w events.Workout) (*analysis, *track.Fault, error) {
	var r Record
	if _, err := f.workouts.GetSealed(ctx, w.UserID, f.workouts.Key(w.UserID, "workout", w.WorkoutID), &r); err != nil {
		return nil, nil, err
	}
	if r.Deleted {
		return nil, nil, nil
	}
	return nil, nil, fmt.Errorf("stats: the track of %s is not there", w.WorkoutID)
}

// errTrack is a stored track that cannot be opened or decoded.
var errTrack = errors.New("stats: track")

// track reads the track of a workout: the one that was made of it, else as it was
// recorded under a key. Its memory is counted until ctx ends.
func (f *stats) track(ctx context.Context, w events.Workout, recorded string) (*track.Track, error) {
	key := cmp.Or(w.Track, recorded)
	b, _, err := objects.ReadAll(ctx, f.objects, key, maxTrack)
	if err != nil {
		return nil, fmt.Errorf("stats: read the track: %w", err)
	}
	b, err = f.workouts.Keys().OpenFileBytes(ctx, w.UserID, key, b)
	if err != nil && fault.Of(err).Status == http.StatusInternalServerError {
		err = fmt.Errorf("%w: %w", errTrack, err)
	}
	if err != nil {
		return nil, err
	}
	if err := f.gate.enter(ctx, b); err != nil {
		return nil, err
	}
	tr, err := track.Decode(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errTrack, err)
	}
	tr.Sport, tr.SubSport = w.Sport, w.SubSport // a person may have corrected them
	return tr, nil
}

// updated takes over a new description at once, since it may hide the workout;
// then the figures are computed again where they were made for another sport or
// of another track.
func (f *stats) updated(ctx context.Context, e events.WorkoutUpdated) error {
	var now Record
	err := f.workouts.apply(ctx, e.UserID, e.WorkoutID, func(_ *store.Tx, r *Record) error {
		r.Describe(e.Workout)
		now = *r
		return nil
	})
	if err != nil || now.Deleted || !now.Outdated() {
		return err
	}
	return f.compute(ctx, now.Workout, now.TrackKey, now.UploadID)
}

func (f *stats) deleted(ctx context.Context, e events.WorkoutDeleted) error {
	return f.workouts.change(ctx, e.UserID, e.WorkoutID, func(t *store.Tx, r *Record) error {
		if r.Workout.UserID != "" {
			if err := f.workouts.keep(ctx, t, r, nil); err != nil {
				return err
			}
		}
		counted, used, placed, sport := r.Counted, r.Used, r.Placed, r.Workout.Sport
		r.Delete(e)
		r.Counted, r.Used, r.Placed, r.Workout.Sport = counted, used, placed, sport // so that they are taken off
		return nil
	})
}
