package dir

import (
	"encoding/json"
	"os"

	"paceline/shared/objects"
)

// note is what an object's file carries beside its content.
type note struct {
	SHA256      objects.Digest
	ContentType string
}

// wire is the form of a note in the extended attribute.
type wire struct {
	SHA256      string `json:"sha256"`
	ContentType string `json:"content_type"`
}

// writeNote attaches n to file. A file system that cannot is no failure: a
// note only saves the work of computing the sum.
func writeNote(file *os.File, n note) error {
	value, err := json.Marshal(wire{n.SHA256.String(), n.ContentType})
	if err != nil {
		return err
	}
	setAttribute(file, value)
	return nil
}

// readNote is the note of file, or false when it has none that makes sense.
func readNote(file *os.File) (note, bool) {
	var w wire
	if err := json.Unmarshal(attribute(file), &w); err != nil {
		return note{}, false
	}
	sum, err := objects.ParseDigest(w.SHA256)
	return note{sum, w.ContentType}, err == nil
}
