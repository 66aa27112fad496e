package upload

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"unicode/utf8"

	"paceline/shared/api"
	"paceline/shared/function/fault"
)

// Limits of a request.
const (
	maxFile = 32 << 20
	maxBody = maxFile + 1<<20 // with the other fields and the frame around them
)

// said is what a person says of the workouts of an upload. What is empty was
// not said.
type said struct {
	name, description, sport, gear string
	rpe                            int
	visibility                     api.Visibility
	hide                           hidden
	anyway                         bool // also a workout that is alike another
}

// hidden is what others are not to see of a workout.
type hidden struct{ place, heartRate, power bool }

// saidOf checks what a person says; the error names the member.
func saidOf(name, description, sport string, visibility api.Visibility) (s said, err error) {
	s.visibility = visibility
	if s.name, err = lineOf("name", name, maxName); err != nil {
		return said{}, err
	}
	if s.description, err = textOf("description", description, maxDescription); err != nil {
		return said{}, err
	}
	if sport != "" {
		if s.sport, err = sportOf("sport", sport); err != nil {
			return said{}, err
		}
	}
	if visibility != "" {
		err = visibilityOf(visibility)
	}
	return s, err
}

// form is a multipart request, read and bounded.
type form struct {
	asked    said
	file     []byte
	fileName string
}

// readForm reads the parts one by one: each of the known fields at most once,
// nothing else, and a file.
func readForm(r *http.Request) (form, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return form{}, fault.BadRequest("body_unreadable", "the body is not multipart/form-data with a boundary").Because(err)
	}
	var f form
	fields := map[string]*string{
		"name": new(string), "description": new(string), "sport": new(string), "visibility": new(string),
		"gear_id": new(string), "hide_map": new(string), "hide_heart_rate": new(string), "hide_power": new(string), "keep_duplicate": new(string),
	}
	seen := map[string]bool{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return form{}, unreadableBody(err)
		}
		field := part.FormName()
		value, known := fields[field]
		switch {
		case !known && field != "file":
			return form{}, fault.Invalid("invalid_member", "a field of the form is unknown").With("pointer", "/"+pointerName(field))
		case seen[field]:
			return form{}, invalid(field, "is there twice")
		}
		seen[field] = true
		if known {
			*value, err = readField(part, field)
		} else {
			f.fileName = fileName(part.FileName())
			f.file, err = readFile(part)
		}
		if err != nil {
			return form{}, err
		}
	}
	f.asked, err = saidOf(*fields["name"], *fields["description"], *fields["sport"], api.Visibility(*fields["visibility"]))
	f.asked.gear = *fields["gear_id"]
	for name, to := range map[string]*bool{
		"hide_map": &f.asked.hide.place, "hide_heart_rate": &f.asked.hide.heartRate, "hide_power": &f.asked.hide.power,
		"keep_duplicate": &f.asked.anyway,
	} {
		if err == nil {
			*to, err = switchOf(name, *fields[name])
		}
	}
	if err == nil && len(f.file) == 0 {
		err = fault.Invalid("missing_file", "the form has no file").With("pointer", "/file")
	}
	return f, err
}

// switchOf reads a switch of the form; what was not said is off.
func switchOf(field, value string) (bool, error) {
	switch value {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, invalid(field, "must be true or false")
}

func readField(part *multipart.Part, field string) (string, error) {
	b, err := io.ReadAll(io.LimitReader(part, maxDescription*utf8.UTFMax+1))
	switch {
	case err != nil:
		return "", unreadableBody(err)
	case len(b) > maxDescription*utf8.UTFMax:
		return "", invalid(field, "is too long")
	}
	return string(b), nil
}

func readFile(part *multipart.Part) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(part, maxFile+1))
	switch {
	case err != nil:
		return nil, unreadableBody(err)
	case len(b) > maxFile:
		return nil, fault.New(http.StatusRequestEntityTooLarge, "file_too_large", "the file is larger than %d bytes", maxFile)
	}
	return b, nil
}

// unreadableBody keeps the error that says that the body is too large.
func unreadableBody(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fault.BadRequest("body_unreadable", "the body ended too early or is not what it says to be").Because(err)
}

// pointerName keeps a stranger's field name out of the answer unless it is
// short and plain.
func pointerName(field string) string {
	if sportForm.MatchString(field) {
		return field
	}
	return "?"
}
