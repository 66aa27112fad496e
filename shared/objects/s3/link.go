package s3

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"paceline/shared/objects"
)

// Link signs a PUT of that size.
func (s *store) Link(ctx context.Context, key string, size int64, within time.Duration) (objects.Link, error) {
	if err := objects.ValidateKey(key); err != nil {
		return objects.Link{}, err
	}
	client, err := s.client()
	if err != nil {
		return objects.Link{}, objects.ErrUnavailable.Wrap("link", key, err)
	}
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: &key, ContentLength: aws.Int64(size)}
	signed, err := s3.NewPresignClient(client).PresignPutObject(ctx, in, s3.WithPresignExpires(within))
	if err != nil {
		return objects.Link{}, objects.ErrUnavailable.Wrap("link", key, err)
	}
	link := objects.Link{Method: signed.Method, URL: signed.URL, Header: map[string]string{}}
	for name, values := range signed.SignedHeader {
		if name = http.CanonicalHeaderKey(name); name != "Host" { // which is the address's
			link.Header[name] = values[0]
		}
	}
	return link, nil
}
