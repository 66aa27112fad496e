package upload

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/objects"
	"paceline/shared/track"
)

// Submission is one file or entry that a person hands in, bounded and
// recognised, but not yet decoded.
type Submission struct {
	UserID      string
	Asked       said
	Original    []byte
	Content     []byte // Original unpacked
	ContentType string // of Original
	Extension   string // of Original; "" of an entry by hand
	FileName    string // "" when there is none
	ImportID    string // "" of what did not come with an archive
	Sport       string // where neither person nor file says one
	Gear        string // that an account says it was done with
}

// generic is the sport of which nothing is known.
const generic = "generic"

// Session is one workout of a submission, decoded.
type Session struct {
	Track   *track.Track
	Started time.Time // the start by the clock of the place
	Zone    string
}

// Fresh is a workout that a plan makes.
type Fresh struct {
	Record   Record
	Track    *track.Track
	Warnings []string
	Seen     *Seen // nil for one that can be taken for no other
}

// Plan is what taking a submission writes.
type Plan struct {
	UserID string
	Known  Known // what it was made from
	Next   Known // what is known afterwards
	Fresh  []Fresh
	Anyway bool // also those that are alike others
}

// NewPlan decides what becomes of the workouts of a submission, given what is
// known of its content: those that are there stay, as do those that another file
// has brought (alike, by session), the others are made. The same arguments give
// the same plan, apart from the times of creation.
func NewPlan(s Submission, sessions []Session, known Known, alike []string, now time.Time) Plan {
	original := sha256.Sum256(s.Original)
	p := Plan{UserID: s.UserID, Known: known, Next: Known{Content: known.Content, Upload: known.Upload}, Anyway: s.Asked.anyway}
	up := &p.Next.Upload
	if known.Content.UploadID == "" {
		*up = Upload{Digest: digestOf(s.Content), Original: Original{
			ContentType: s.ContentType, Extension: s.Extension, FileName: s.FileName,
			SizeBytes: int64(len(s.Original)), SHA256: objects.Digest(original).String(),
		}}
	}
	up.Workouts = slices.Clone(up.Workouts)
	for len(up.Workouts) < len(sessions) {
		up.Workouts = append(up.Workouts, "")
	}
	for i, session := range sessions {
		id := derivedID(session.Track.StartedAt, s.UserID, original, i, known.Content.Deleted)
		if up.ID == "" {
			up.ID = derivedID(session.Track.StartedAt, "upload of "+s.UserID, original, i, known.Content.Deleted)
			up.Original.Key = rawKey(s.UserID, id)
		}
		up.Warnings = union(up.Warnings, session.Track.Warnings)
		if up.Workouts[i] != "" || alike[i] != "" {
			continue
		}
		up.Workouts[i] = id
		r := newRecord(s, session, now)
		r.WorkoutID, r.UploadID, r.TrackKey = id, up.ID, trackKey(s.UserID, id)
		if o := up.Original; o.Extension != "" {
			r.Source.FileName, r.Source.SizeBytes, r.Source.SHA256 = o.FileName, o.SizeBytes, o.SHA256
		}
		fresh := Fresh{Record: r, Track: session.Track, Warnings: session.Track.Warnings}
		if seen, ok := seenOf(session.Track); ok {
			seen.WorkoutID = id
			fresh.Seen, fresh.Record.Days = &seen, seen.days()
		}
		p.Fresh = append(p.Fresh, fresh)
	}
	p.Next.Content.UploadID = up.ID
	return p
}

// newRecord is what a person says of a workout, and where nothing was said
// what the file says.
func newRecord(s Submission, session Session, now time.Time) Record {
	t := session.Track
	w := events.Workout{
		UserID: s.UserID, Version: 1, GearID: s.Asked.gear, RPE: s.Asked.rpe,
		Name: s.Asked.name, Description: s.Asked.description, Sport: s.Asked.sport,
		StartedAt: session.Started, TimeZone: session.Zone,
		Visibility: events.Visibility(s.Asked.visibility), CreatedAt: now.UTC(),
		HideMap: s.Asked.hide.place, HideHeartRate: s.Asked.hide.heartRate, HidePower: s.Asked.hide.power,
		Source:   events.Origin{Format: t.Format, Device: scrub(t.Device, maxDevice, false), Gear: s.Gear},
		ImportID: s.ImportID,
	}
	if w.Sport == "" && sportForm.MatchString(t.Sport) {
		w.Sport = t.Sport
	}
	if w.Sport == "" || w.Sport == generic && s.Asked.sport == "" {
		w.Sport = cmp.Or(s.Sport, generic)
	}
	if w.Sport == t.Sport && sportForm.MatchString(t.SubSport) {
		w.SubSport = t.SubSport
	}
	if w.Name == "" {
		w.Name = scrub(t.Name, maxName, false)
	}
	if w.Name == "" {
		w.Name = DefaultName(session.Started, w.Sport)
	}
	if w.Description == "" {
		w.Description = scrub(t.Description, maxDescription, true)
	}
	if w.Visibility == "" {
		w.Visibility = events.Followers
	}
	return Record{Workout: w, State: api.WorkoutStateProcessing}
}

// NewOriginal says that the original of the plan is not stored yet.
func (p Plan) NewOriginal() bool { return p.Known.Content.UploadID == "" }

// Keys is the objects that the plan stores.
func (p Plan) Keys() []string {
	var keys []string
	if p.NewOriginal() {
		keys = append(keys, p.Next.Upload.Original.Key)
	}
	for _, f := range p.Fresh {
		keys = append(keys, f.Record.TrackKey)
	}
	return keys
}

// Unused is the objects of the plan that nobody needs when later is known
// instead: another request came between and took the content as other
// workouts, or some of it was deleted. Ids hold how much was deleted, so no
// later plan comes back to them.
func (p Plan) Unused(later Known) []string {
	used := map[string]bool{}
	if later.Content.UploadID != "" {
		used[later.Upload.Original.Key] = true
		for _, id := range later.Upload.Live() {
			used[trackKey(p.UserID, id)] = true
		}
	}
	return slices.DeleteFunc(p.Keys(), func(key string) bool { return used[key] })
}

// uploaded is the event of a fresh workout.
func (f Fresh) uploaded() events.WorkoutUploaded {
	return events.WorkoutUploaded{
		Workout: f.Record.Workout, UploadID: f.Record.UploadID, TrackKey: f.Record.TrackKey, Warnings: f.Warnings,
	}
}

// derivedID is a ULID that the same workout gets again; see the package comment.
func derivedID(started time.Time, owner string, original [32]byte, index, deleted int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%x\x00%d\x00%d", owner, original, index, deleted))
	// Ten bytes are there and the time is bounded: it cannot fail.
	return ulid.MustNew(uint64(max(0, started.UnixMilli()))&ulid.MaxTime(), bytes.NewReader(sum[:10])).String()
}

func digestOf(content []byte) string { return objects.Digest(sha256.Sum256(content)).String() }

func rawKey(user, workout string) string   { return "raw/" + user + "/" + workout }
func trackKey(user, workout string) string { return "track/" + user + "/" + workout }

// union appends what is not there yet, so that a warning is told once.
func union(all, more []string) []string {
	all = slices.Clone(all)
	for _, s := range more {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}
