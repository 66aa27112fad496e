// Package all opens object stores of every kind. It links the SDKs of S3 and
// GCS; a function that never needs them passes fewer drivers to objects.Open.
package all

import (
	"paceline/shared/objects"
	"paceline/shared/objects/dir"
	"paceline/shared/objects/gcs"
	"paceline/shared/objects/s3"
)

// Open opens the store that the OBJECTS_URL rawURL names; see objects.Open.
func Open(rawURL string) (objects.Store, error) {
	return objects.Open(rawURL, dir.Driver, s3.Driver, gcs.Driver)
}
