package gcs

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"

	"paceline/shared/objects"
)

// faults are the statuses of GCS that say more than "not now".
var faults = map[int]*objects.Fault{
	http.StatusPreconditionFailed:           objects.ErrExists,
	http.StatusRequestedRangeNotSatisfiable: objects.ErrRange,
	http.StatusRequestEntityTooLarge:        objects.ErrTooLarge,
}

// fault gives err its kind.
func fault(ctx context.Context, op, key string, err error) error {
	var api *googleapi.Error
	switch {
	case errors.Is(err, storage.ErrObjectNotExist):
		return objects.ErrNotFound.Wrap(op, key, err)
	case errors.As(err, &api) && faults[api.Code] != nil:
		return faults[api.Code].Wrap(op, key, err)
	}
	if cause := context.Cause(ctx); cause != nil {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return objects.ErrUnavailable.Wrap(op, key, err)
}
