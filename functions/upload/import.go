package upload

import (
	"errors"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"paceline/events"
	"paceline/functions/upload/archive"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/track"
)

// Import is one archive and how far it is.
type Import struct {
	ID         string            `json:"id"`
	UserID     string            `json:"user_id"`
	State      api.ImportState   `json:"state"`
	FileName   string            `json:"file_name,omitempty"`
	Visibility events.Visibility `json:"visibility,omitempty"`
	SizeBytes  int64             `json:"size_bytes"`
	Volumes    map[int]int64     `json:"volumes"`             // bytes that are there: 0 is the archive, n+1 the one in its entry n
	Inner      map[int]string    `json:"inner,omitempty"`     // names of the archives in it
	Files      int               `json:"files"`               // that were found so far
	Found      bool              `json:"found"`               // there are no more
	Linked     bool              `json:"linked,omitempty"`    // the archive comes by a link
	Completed  bool              `json:"completed,omitempty"` // and has come
	Failure    *Failure          `json:"failure,omitempty"`   // why the archive was given up
	Stored     int64             `json:"stored"`              // bytes of the archive that count as the person's, while they do
	CreatedAt  time.Time         `json:"created_at"`
	EndedAt    *time.Time        `json:"ended_at,omitempty"`
}

// ImportFile is one file of an archive.
type ImportFile struct {
	Volume   int               `json:"volume"`
	Within   string            `json:"within,omitempty"` // the archive in the archive that it lies in
	Entry    archive.Entry     `json:"entry"`
	Verdict  api.ImportVerdict `json:"verdict"`
	Failure  *Failure          `json:"failure,omitempty"` // why it failed or was ignored
	UploadID string            `json:"upload_id,omitempty"`
	Workouts []string          `json:"workouts,omitempty"`
}

// Tally is how many files of an import got which verdict.
type Tally struct{ Created, Duplicates, Failed, Ignored int }

// Done is how many files have a verdict.
func (t Tally) Done() int { return t.Created + t.Duplicates + t.Failed + t.Ignored }

// answer is the import as the API shows it, without files.
func (i Import) answer(t Tally) api.Import {
	out := api.Import{
		ID: i.ID, State: i.State, FileName: i.FileName, SizeBytes: i.SizeBytes, CreatedAt: i.CreatedAt, EndedAt: i.EndedAt, Files: i.Files,
		Waiting: max(0, i.Files-t.Done()), Created: t.Created, Duplicates: t.Duplicates, Failed: t.Failed, Ignored: t.Ignored,
	}
	if i.Failure != nil {
		out.Error = &api.UploadError{Code: i.Failure.Code, Detail: i.Failure.Detail}
	}
	return out
}

// next is the volume after one, and whether there is any.
func (i Import) next(volume int) (int, bool) {
	for _, n := range slices.Sorted(maps.Keys(i.Volumes)) {
		if n > volume {
			return n, true
		}
	}
	return 0, false
}

// answer is the file as the API shows it.
func (f ImportFile) answer() api.ImportFile {
	out := api.ImportFile{Name: path.Join(f.Within, f.Entry.Name), Verdict: f.Verdict, Workouts: f.Workouts}
	if f.Failure != nil {
		out.Code, out.Detail = f.Failure.Code, f.Failure.Detail
	}
	return out
}

// End gives the file its verdict.
func (f *ImportFile) End(v api.ImportVerdict, why *Failure) { f.Verdict, f.Failure = v, why }

// took gives the file the verdict of what it was accepted as.
func (f *ImportFile) took(out api.UploadAccepted) {
	f.UploadID = out.UploadID
	f.End(api.ImportVerdictDuplicate, nil)
	for _, w := range out.Workouts {
		f.Workouts = append(f.Workouts, w.ID)
		if !w.Duplicate {
			f.Verdict = api.ImportVerdictCreated
		}
	}
}

// entryKind is what is done with an entry of an archive.
type entryKind int

const (
	maybeWorkout entryKind = iota
	nestedArchive
	noWorkout
)

// notWorkouts are the extensions of what accounts export besides workouts.
var notWorkouts = map[string]bool{
	".jpg": true, ".jpeg": true, ".png": true, ".gif": true, ".webp": true, ".heic": true, ".mp4": true, ".mov": true,
	".csv": true, ".json": true, ".html": true, ".pdf": true, ".txt": true, ".vcf": true, ".ds_store": true,
}

// kindOf is what an entry is by its name. The content decides whether it is a
// workout; what is known to be none is not even unpacked.
func kindOf(name string) entryKind {
	extension := strings.ToLower(path.Ext(name))
	switch {
	case strings.HasPrefix(name, "__MACOSX/"), notWorkouts[extension]:
		return noWorkout
	case extension == ".zip":
		return nestedArchive
	}
	return maybeWorkout
}

// noWorkoutCodes are the faults of files that are in order, and no workouts: a
// watch keeps its settings and days in the same format.
var noWorkoutCodes = map[string]bool{
	"unsupported_format": true, "not_activity": true, "no_activity": true, "no_time": true,
}

// verdictOn is what a fault of a file means for it; false when the fault is not
// the file's own and may pass.
func verdictOn(err error) (v api.ImportVerdict, why *Failure, final bool) {
	var f *fault.Error
	var own *track.Fault
	switch {
	case errors.As(err, &f):
		if f.Status == http.StatusConflict || f.Status == http.StatusNotFound || f.Status >= http.StatusInternalServerError {
			return "", nil, false
		}
		why = &Failure{f.Code, f.Detail}
	case errors.As(err, &own):
		why = &Failure{own.Code, own.Detail}
	default:
		return "", nil, false
	}
	if noWorkoutCodes[why.Code] {
		return api.ImportVerdictIgnored, why, true
	}
	return api.ImportVerdictFailed, why, true
}

// saidOfNote is what an account says of a workout, fit to be shown.
func saidOfNote(n archive.Note) said {
	return said{name: scrub(n.Name, maxName, false), description: scrub(n.Description, maxDescription, true)}
}

// finished is the event of an import that is over.
func (i Import) finished(t Tally) events.ImportFinished {
	return events.ImportFinished{
		ImportID: i.ID, UserID: i.UserID, FileName: i.FileName, Files: i.Files,
		Created: t.Created, Duplicates: t.Duplicates, Failed: t.Failed, Ignored: t.Ignored,
	}
}
