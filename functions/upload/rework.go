package upload

import (
	"cmp"
	"slices"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/track"
)

// Bounds of rework.
const (
	maxReworks = 50  // tracks that were ever made of one workout
	maxMerged  = 10  // workouts that become one at once
	longest    = 1e8 // seconds that a part may be named by
)

// The kinds of Rework.
const (
	reworkCrop  = "crop"
	reworkSplit = "split"
	reworkMerge = "merge"
)

// Rework is a command that gave a workout another track, with what takes it
// back. The original and every track before stay as long as the workout.
type Rework struct {
	Kind      string    `json:"kind"`
	Track     string    `json:"track,omitempty"` // before it; "" for the uploaded one
	StartedAt time.Time `json:"started_at"`
	Made      string    `json:"made,omitempty"` // the second part of a split
	Took      []Taken   `json:"took,omitempty"` // by a merge
}

// Taken is a workout that became a part of another one, and where its uploads
// had it.
type Taken struct {
	Record Record           `json:"record"`
	Places map[string][]int `json:"places"`
}

// currentTrack is the object that the figures are made of.
func (r Record) currentTrack() string { return cmp.Or(r.Track, r.TrackKey) }

// mayRework says whether one more track can be made.
func (r Record) mayRework() error {
	if len(r.Tracks) >= maxReworks {
		return fault.Conflict("too_many_edits", "the workout was edited so often that it has to stay as it is")
	}
	return nil
}

// reworkedKey is the object of a track that a rework made. It follows from the
// content, so that of two reworks at once neither writes over the other's.
func (r Record) reworkedKey(encoded []byte) string {
	return trackKey(r.UserID, r.WorkoutID) + "." + digestOf(encoded)[:16]
}

// take puts a track that starts when started says in the place of the current
// one.
func (r *Record) take(how Rework, key string, started time.Time) {
	how.Track, how.StartedAt = r.Track, r.StartedAt
	r.Reworks = append(r.Reworks, how)
	r.Track, r.Tracks = key, union(r.Tracks, []string{key})
	r.moved(started)
}

// moved notes that the figures are of another track.
func (r *Record) moved(started time.Time) {
	r.StartedAt = started.In(r.StartedAt.Location())
	r.Version++
	r.State, r.Fault = api.WorkoutStateProcessing, nil
}

// back undoes the last rework and says what it was.
func (r *Record) back() (Rework, error) {
	n := len(r.Reworks)
	if n == 0 {
		return Rework{}, fault.Conflict("nothing_to_undo", "the track of this workout is the uploaded one")
	}
	last := r.Reworks[n-1]
	r.Reworks = r.Reworks[:n-1]
	r.Track = last.Track
	r.moved(last.StartedAt)
	for _, t := range last.Took {
		r.Tracks = slices.DeleteFunc(r.Tracks, func(key string) bool { return slices.Contains(t.Record.tracks(), key) })
		r.Uploads = slices.DeleteFunc(r.Uploads, func(id string) bool { return slices.Contains(t.Record.uploads(), id) })
	}
	return last, nil
}

// tracks are all objects with a track of the workout.
func (r Record) tracks() []string { return append([]string{r.TrackKey}, r.Tracks...) }

// absorb makes another workout a part of this one: its files and tracks live as
// long as this one does.
func (r *Record) absorb(other Record) {
	r.Days = union(r.Days, other.Days)
	r.Tracks = union(r.Tracks, other.tracks())
	r.Uploads = union(r.Uploads, slices.DeleteFunc(other.uploads(), func(id string) bool { return id == r.UploadID }))
}

// uploads are the uploads that the workout is in: its own, and those of the
// workouts that it took.
func (r Record) uploads() []string { return append([]string{r.UploadID}, r.Uploads...) }

// second is the later part of a workout as one of its own.
func (r Record) second(started, now time.Time) Record {
	out := Record{Workout: r.Workout, UploadID: r.UploadID, State: api.WorkoutStateProcessing}
	out.WorkoutID = r.successor(started)
	out.Version, out.Track, out.CreatedAt = 1, "", now.UTC()
	out.StartedAt = started.In(r.StartedAt.Location())
	out.TrackKey = trackKey(r.UserID, out.WorkoutID)
	return out
}

// again is a workout that a merge took, under a new id: nothing revives the old one.
func (t Taken) again() Record {
	out := t.Record
	out.WorkoutID, out.Version, out.State = t.Record.successor(t.Record.StartedAt), 1, api.WorkoutStateProcessing
	return out
}

// successor is an id that the same command gets again when it is tried again.
func (r Record) successor(started time.Time) string {
	return derivedID(started.UTC(), r.UserID+" after "+r.WorkoutID, [32]byte{}, int(r.Version), 0)
}

// uploaded is the event of a workout that a rework made.
func (r Record) uploaded() events.WorkoutUploaded {
	return events.WorkoutUploaded{Workout: r.Workout, UploadID: r.UploadID, TrackKey: r.TrackKey}
}

// replace puts one workout in every place of another one, and says which those are.
func (u *Upload) replace(old, next string) (places []int) {
	for i, id := range u.Workouts {
		if id == old {
			u.Workouts[i], places = next, append(places, i)
		}
	}
	return places
}

// cropped is the part of a track that a person keeps.
func cropped(t *track.Track, in api.CropRequest) (*track.Track, error) {
	from, to := int64(0), t.EndMS()
	for _, end := range []struct {
		member string
		s      *float64
		ms     *int64
	}{{"from_s", in.FromS, &from}, {"to_s", in.ToS, &to}} {
		if end.s == nil {
			continue
		}
		if !(*end.s >= 0 && *end.s <= longest) {
			return nil, invalid(end.member, "must be from 0 to %g", longest)
		}
		*end.ms = int64(*end.s * 1000)
	}
	if from <= 0 && to >= t.EndMS() {
		return nil, fault.Invalid("nothing_to_crop", "that is the whole workout")
	}
	if out := t.Cut(from, to); out != nil {
		return out, nil
	}
	return nil, fault.Invalid("part_too_short", "fewer than two samples would be left")
}

// halves are the parts of a track before and from a time on.
func halves(t *track.Track, atS float64) (first, second *track.Track, err error) {
	if !(atS >= 0 && atS <= longest) {
		return nil, nil, invalid("at_s", "must be from 0 to %g", longest)
	}
	at := int64(atS * 1000)
	first, second = t.Cut(0, at-1), t.Cut(at, t.EndMS())
	if first == nil || second == nil {
		return nil, nil, fault.Invalid("part_too_short", "each part needs two samples")
	}
	return first, second, nil
}
