package objects

import (
	"fmt"
	"net/http"
)

// Fault is a kind of failure; the Err values are all there are.
type Fault struct {
	code   string
	status int
	text   string
}

// The kinds of failure.
var (
	// ErrNotFound means that no object has the key.
	ErrNotFound = &Fault{"object_not_found", http.StatusNotFound, "no such object"}
	// ErrExists means that IfAbsent was asked and the key is taken.
	ErrExists = &Fault{"object_exists", http.StatusConflict, "the object exists"}
	// ErrInvalidKey means that no object can have this key; see ValidateKey.
	ErrInvalidKey = &Fault{"object_key_invalid", http.StatusUnprocessableEntity, "invalid key"}
	// ErrMismatch means that the content given is not what Options.SHA256 says.
	ErrMismatch = &Fault{"object_hash_mismatch", http.StatusUnprocessableEntity, "the content does not have the given SHA-256"}
	// ErrTooLarge means more than MaxSize, or than the limit of a ReadAll.
	ErrTooLarge = &Fault{"object_too_large", http.StatusRequestEntityTooLarge, "the content is too large"}
	// ErrRange means that the range has no byte of the object.
	ErrRange = &Fault{"object_range_invalid", http.StatusRequestedRangeNotSatisfiable, "the range lies outside the object"}
	// ErrCorrupt means that what the store gave back is not what was put.
	ErrCorrupt = &Fault{"object_corrupt", http.StatusServiceUnavailable, "the content read is not the content that was put"}
	// ErrUnsupported means that the store is not one that strangers can reach.
	ErrUnsupported = &Fault{"object_links_unsupported", http.StatusNotImplemented, "the store makes no links"}
	// ErrUnavailable means that the store cannot be reached, refuses us or does
	// not answer in time: the same call may succeed later. It also wraps the
	// error of a cancelled context.
	ErrUnavailable = &Fault{"objects_unavailable", http.StatusServiceUnavailable, "the object store is unavailable"}
)

// Error is for logs.
func (f *Fault) Error() string { return f.text }

// Code is stable and for programs.
func (f *Fault) Code() string { return f.code }

// HTTPStatus is the status for whoever asked.
func (f *Fault) HTTPStatus() int { return f.status }

// Wrap makes f the kind of a failure of op on key; cause may be nil.
func (f *Fault) Wrap(op, key string, cause error) error {
	if cause == nil {
		return fmt.Errorf("objects: %s %q: %w", op, key, f)
	}
	return fmt.Errorf("objects: %s %q: %w: %w", op, key, f, cause)
}
