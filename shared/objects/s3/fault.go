package s3

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"paceline/shared/objects"
)

// faults are the error codes of S3 that say more than "not now". A missing
// bucket is not among them: that is a mistake of ours, not a missing object.
var faults = map[string]*objects.Fault{
	"NoSuchKey":                 objects.ErrNotFound,
	"NotFound":                  objects.ErrNotFound, // HEAD has no body that could say more
	"PreconditionFailed":        objects.ErrExists,
	"InvalidRange":              objects.ErrRange,
	"EntityTooLarge":            objects.ErrTooLarge,
	"KeyTooLongError":           objects.ErrInvalidKey,
	"ObjectParentIsFile":        objects.ErrInvalidKey, // servers that lie on a file system
	"ExistingObjectIsDirectory": objects.ErrInvalidKey,
}

// code is the error code of S3 in err, or "".
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// fault gives err its kind.
func fault(ctx context.Context, op, key string, err error) error {
	if f, ok := faults[code(err)]; ok {
		return f.Wrap(op, key, err)
	}
	if cause := context.Cause(ctx); cause != nil {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return objects.ErrUnavailable.Wrap(op, key, err)
}
