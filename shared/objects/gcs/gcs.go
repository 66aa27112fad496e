package gcs

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/option"
	htransport "google.golang.org/api/transport/http"

	"paceline/shared/objects"
	"paceline/shared/objects/internal/payload"
)

// Driver opens gs://bucket.
var Driver = objects.Driver{Scheme: "gs", Params: []string{"endpoint", objects.CAFile}, Open: open}

const tries = 4

func open(l objects.Location) (objects.Store, error) {
	bucket, prefix, err := l.Cloud()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if err := l.Trust(transport); err != nil {
		return nil, err
	}
	s := &store{patience: payload.Patience}
	s.bucket = sync.OnceValues(func() (*storage.BucketHandle, error) {
		client, err := connect(l, transport)
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
func connect(l objects.Location, transport *http.Transport) (*storage.Client, error) {
	ctx := context.Background()
	options := []option.ClientOption{storage.WithJSONReads()}
	if endpoint := l.Params["endpoint"]; endpoint != "" {
		options = append(options, option.WithEndpoint(strings.TrimSuffix(endpoint, "/")+"/storage/v1/"))
		if os.Getenv("GOOGLE_APPLICATION_CREDENTIALS") == "" {
			options = append(options, option.WithoutAuthentication())
		}
	}
	if _, own := l.Params[objects.CAFile]; own { // a client of ours signs by a transport of the SDK's around ours
		signing, err := htransport.NewTransport(ctx, transport, append(options, option.WithScopes(storage.ScopeReadWrite))...)
		if err != nil {
			return nil, err
		}
		options = append(options, option.WithHTTPClient(&http.Client{Transport: signing}))
	}
	client, err := storage.NewClient(ctx, options...)
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
