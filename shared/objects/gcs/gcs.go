package gcs

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/option"

	"paceline/shared/objects"
	"paceline/shared/objects/internal/payload"
)

// Driver opens gs://bucket.
var Driver = objects.Driver{Scheme: "gs", Params: []string{"endpoint"}, Open: open}

const tries = 4

func open(l objects.Location) (objects.Store, error) {
	bucket, prefix, err := l.Cloud()
	if err != nil {
		return nil, err
	}
	s := &store{patience: payload.Patience}
	s.bucket = sync.OnceValues(func() (*storage.BucketHandle, error) {
		client, err := connect(l.Params["endpoint"])
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, client.Close)
		return client.Bucket(bucket), nil
	})
	return objects.Sub(s, prefix), nil
}

// store implements objects.Store.
type store struct {
	patience time.Duration
	bucket   func() (*storage.BucketHandle, error)
	closers  []func() error
}

// connect finds the credentials. All that it does to objects may be tried
// again: a Put with IfAbsent recognises its own object, and the others do the
// same thing twice.
func connect(endpoint string) (*storage.Client, error) {
	options := []option.ClientOption{storage.WithJSONReads()}
	if endpoint != "" {
		options = append(options, option.WithEndpoint(strings.TrimSuffix(endpoint, "/")+"/storage/v1/"))
		if os.Getenv("GOOGLE_APPLICATION_CREDENTIALS") == "" {
			options = append(options, option.WithoutAuthentication())
		}
	}
	client, err := storage.NewClient(context.Background(), options...)
	if err != nil {
		return nil, err
	}
	client.SetRetry(storage.WithPolicy(storage.RetryAlways), storage.WithMaxAttempts(tries), storage.WithErrorFunc(transient))
	return client, nil
}

// transient adds to the SDK's own rule a connection that breaks before the
// answer begins.
func transient(err error) bool { return storage.ShouldRetry(err) || errors.Is(err, io.EOF) }

// object is the handle of key, or ErrInvalidKey or ErrUnavailable.
func (s *store) object(op, key string) (*storage.ObjectHandle, error) {
	if err := objects.ValidateKey(key); err != nil {
		return nil, err
	}
	bucket, err := s.bucket()
	if err != nil {
		return nil, objects.ErrUnavailable.Wrap(op, key, err)
	}
	return bucket.Object(key), nil
}
