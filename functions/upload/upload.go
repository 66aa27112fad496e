package upload

import (
	"slices"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/fault"
)

// Record is a workout as this function keeps it.
type Record struct {
	events.Workout
	UploadID string           `json:"upload_id"`
	State    api.WorkoutState `json:"state"`
	Fault    *Failure         `json:"fault,omitempty"` // of a failed one
	TrackKey string           `json:"track_key"`       // as it was uploaded
	// What was done with the track since, and every object that this made.
	Reworks []Rework `json:"reworks,omitempty"`
	Tracks  []string `json:"tracks,omitempty"`
	Uploads []string `json:"uploads,omitempty"` // of the workouts that this one took
	Days    []string `json:"days,omitempty"`    // on which it is kept as seen
}

// Failure is why a workout could not be computed.
type Failure struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Upload is what became of one content.
type Upload struct {
	ID       string   `json:"id"`
	Digest   string   `json:"digest"` // of the unpacked content, in hex
	Original Original `json:"original"`
	Workouts []string `json:"workouts"` // ids in time order; "" where one was deleted
	Warnings []string `json:"warnings,omitempty"`
}

// Original is what a person handed in, as the workouts of its upload share it.
type Original struct {
	Key         string `json:"key"` // of the object
	ContentType string `json:"content_type"`
	Extension   string `json:"extension,omitempty"` // such as ".fit.gz"; "" of an entry by hand
	FileName    string `json:"file_name,omitempty"`
	SizeBytes   int64  `json:"size_bytes"`
	SHA256      string `json:"sha256"`
}

// Live is the ids of the workouts that are still there, each once.
func (u Upload) Live() []string {
	return slices.DeleteFunc(union(nil, u.Workouts), func(id string) bool { return id == "" })
}

// Content is what one content was uploaded as. It outlives its upload.
type Content struct {
	UploadID string `json:"upload_id,omitempty"` // "" when all its workouts are deleted
	Deleted  int    `json:"deleted"`             // how many of its workouts ever were
}

// Known is what is known of a content. The zero Known is of a new one.
type Known struct {
	Content Content
	Upload  Upload
}

// Complete says that every workout of the content is there.
func (k Known) Complete() bool {
	return k.Content.UploadID != "" && !slices.Contains(k.Upload.Workouts, "")
}

// Same says that nothing happened between k and later.
func (k Known) Same(later Known) bool {
	return k.Content == later.Content && slices.Equal(k.Upload.Workouts, later.Upload.Workouts)
}

// Edit changes what the request names and says whether that changed anything.
// The error names the member that cannot be taken.
func (r *Record) Edit(in api.UpdateWorkoutRequest) (changed bool, err error) {
	next := r.Workout
	if in == (api.UpdateWorkoutRequest{}) {
		return false, fault.Invalid("invalid_member", "nothing to change").With("pointer", "")
	}
	if in.Name != nil {
		if next.Name, err = lineOf("name", *in.Name, maxName); err == nil && next.Name == "" {
			err = invalid("name", "must not be empty")
		}
	}
	if err == nil && in.Description != nil {
		next.Description, err = textOf("description", *in.Description, maxDescription)
	}
	if err == nil && in.Sport != nil {
		next.Sport, err = sportOf("sport", *in.Sport)
	}
	if err == nil && in.SubSport != nil {
		if next.SubSport = *in.SubSport; next.SubSport != "" {
			_, err = sportOf("sub_sport", next.SubSport)
		}
	} else if next.Sport != r.Sport {
		next.SubSport = "" // it is a part of the sport that it was
	}
	if err == nil && in.Visibility != nil {
		next.Visibility, err = events.Visibility(*in.Visibility), visibilityOf(*in.Visibility)
	}
	if in.GearID != nil {
		next.GearID = *in.GearID
	}
	if err == nil && in.PerceivedExertion != nil {
		next.RPE, err = *in.PerceivedExertion, exertion(*in.PerceivedExertion)
	}
	choose(&next.HideMap, in.HideMap)
	choose(&next.HideHeartRate, in.HideHeartRate)
	choose(&next.HidePower, in.HidePower)
	if err != nil || next == r.Workout {
		return false, err
	}
	next.Version++
	r.Workout = next
	return true, nil
}

// exertion refuses what is not on Borg's scale from 1 to 10; 0 is nothing said.
func exertion(v int) error {
	if v < 0 || v > 10 {
		return invalid("perceived_exertion", "must be from 1 to 10, or 0 for none")
	}
	return nil
}

func choose(to *bool, asked *bool) {
	if asked != nil {
		*to = *asked
	}
}

// Processed notes that the figures are there.
func (r *Record) Processed() (changed bool) {
	changed = r.State != api.WorkoutStateReady
	r.State, r.Fault = api.WorkoutStateReady, nil
	return changed
}

// Failed notes that there will be no figures, unless there were some: of the
// two, in any order, the figures win.
func (r *Record) Failed(why Failure) (changed bool) {
	if r.State == api.WorkoutStateReady || (r.Fault != nil && *r.Fault == why) {
		return false
	}
	r.State, r.Fault = api.WorkoutStateFailed, &why
	return true
}

// Tombstone is what is left to do for a deleted workout.
type Tombstone struct {
	Keys []string `json:"keys"` // of the objects that must go
}

// Delete takes the workout out of its upload and says which objects nobody
// needs any more.
func (k *Known) Delete(r Record) Tombstone {
	k.Content.Deleted++
	k.Upload.replace(r.WorkoutID, "")
	if len(k.Upload.Live()) > 0 {
		return Tombstone{Keys: r.tracks()}
	}
	k.Content.UploadID = ""
	return Tombstone{Keys: append(r.tracks(), k.Upload.Original.Key)}
}

// workout is the answer to the owner, without figures.
func (r Record) workout() api.Workout {
	return api.Workout{
		ID: r.WorkoutID, UserID: r.UserID, Name: r.Name, Description: r.Description,
		Sport: r.Sport, SubSport: r.SubSport, StartedAt: r.StartedAt, TimeZone: r.TimeZone,
		Visibility: api.Visibility(r.Visibility), State: r.State,
		HideMap: r.HideMap, HideHeartRate: r.HideHeartRate, HidePower: r.HidePower, GearID: r.GearID, PerceivedExertion: r.RPE,
		Source: api.WorkoutSource{
			Format: r.Source.Format, Device: r.Source.Device, FileName: r.Source.FileName,
			SizeBytes: r.Source.SizeBytes, SHA256: r.Source.SHA256, Gear: r.Source.Gear,
		},
	}
}

// status is how far the upload with these workouts is: failed when one of them
// failed and none is on its way.
func status(records []Record) api.WorkoutState {
	out := api.WorkoutStateReady
	for _, r := range records {
		switch {
		case r.State == api.WorkoutStateProcessing:
			return r.State
		case r.State == api.WorkoutStateFailed:
			out = r.State
		}
	}
	return out
}

// deletedFor is how long a deleted workout's objects are remembered: as long as
// a broker may deliver the event that removes them.
const deletedFor = 30 * 24 * time.Hour
