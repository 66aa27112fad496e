package gcs

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"cloud.google.com/go/storage"

	"paceline/shared/objects"
)

// sizeHeader is how a link holds an object to its size.
const sizeHeader = "X-Goog-Content-Length-Range"

// Link signs a PUT of that size, with the key of the credentials, or where they
// have none through the IAM API.
func (s *store) Link(_ context.Context, key string, size int64, within time.Duration) (objects.Link, error) {
	if err := objects.ValidateKey(key); err != nil {
		return objects.Link{}, err
	}
	bucket, err := s.bucket()
	if err != nil {
		return objects.Link{}, objects.ErrUnavailable.Wrap("link", key, err)
	}
	header := fmt.Sprintf("%d,%d", size, size)
	url, err := bucket.SignedURL(key, &storage.SignedURLOptions{
		Scheme: storage.SigningSchemeV4, Method: http.MethodPut, Expires: time.Now().Add(within), Headers: []string{sizeHeader + ":" + header},
	})
	if err != nil {
		return objects.Link{}, objects.ErrUnavailable.Wrap("link", key, err)
	}
	return objects.Link{Method: http.MethodPut, URL: url, Header: map[string]string{sizeHeader: header}}, nil
}
