package upload

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"

	"paceline/events"
	"paceline/shared/inventory"
)

// originals is the file of an upload; what a person entered by hand is JSON.
func originals(d inventory.Document, value json.RawMessage) ([]events.Original, error) {
	if d.Kind() != "upload" {
		return nil, nil
	}
	var u Upload
	if err := json.Unmarshal(value, &u); err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	o := u.Original
	return []events.Original{{Key: o.Key, Name: path.Base(o.Key) + cmp.Or(o.Extension, ".json"), SizeBytes: o.SizeBytes}}, nil
}
