package s3

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"paceline/shared/objects"
	"paceline/shared/objects/internal/payload"
)

const (
	shaKey   = "sha256"
	putIDKey = "put-id"

	// contended is how often a Put with IfAbsent asks again while the server
	// says that it cannot yet tell who of several writers wins.
	contended     = 6
	contendedWait = 50 * time.Millisecond
)

// Put stores body under key in one request.
func (s *store) Put(ctx context.Context, key string, body io.Reader, o objects.Options) (objects.Info, error) {
	if err := objects.ValidateKey(key); err != nil {
		return objects.Info{}, err
	}
	content, err := payload.Spool(ctx, body, o.SHA256)
	if err != nil {
		return objects.Info{}, fmt.Errorf("objects: put %q: %w", key, err)
	}
	defer func() { _ = content.Close() }() // it holds a copy that nobody needs
	ctx, cancel := payload.Bounded(ctx, payload.ForUpload(s.patience, content.Size))
	defer cancel()
	id := rand.Text()
	if err := s.send(ctx, key, content, s.request(key, id, content.Sum, o)); err != nil {
		if !errors.Is(err, objects.ErrExists) || !s.isOurs(ctx, key, id) {
			return objects.Info{}, err
		}
	}
	return objects.Info{Key: key, Size: content.Size, ContentType: o.MediaType(), SHA256: content.SHA256}, nil
}

func (s *store) request(key, id string, sum payload.Sum, o objects.Options) *s3.PutObjectInput {
	in := &s3.PutObjectInput{
		Bucket: &s.bucket, Key: &key,
		ContentLength:  aws.Int64(sum.Size),
		ContentType:    aws.String(o.MediaType()),
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum.SHA256[:])), // the server verifies it
		Metadata:       map[string]string{shaKey: sum.SHA256.String(), putIDKey: id},
	}
	if o.IfAbsent {
		in.IfNoneMatch = aws.String("*")
	}
	return in
}

// send puts content, again while the server finds the key contended.
func (s *store) send(ctx context.Context, key string, content *payload.Spooled, in *s3.PutObjectInput) error {
	client, err := s.client()
	if err != nil {
		return objects.ErrUnavailable.Wrap("put", key, err)
	}
	for try, wait := 1, contendedWait; ; try, wait = try+1, 2*wait {
		if err := content.Rewind(); err != nil {
			return fmt.Errorf("objects: put %q: rewind the content: %w", key, err)
		}
		in.Body = struct{ io.ReadSeeker }{content.ReadSeeker} // without a Close that the SDK would call
		_, err := client.PutObject(ctx, in)
		if err == nil {
			return nil
		}
		if code(err) != "ConditionalRequestConflict" || try == contended {
			return fault(ctx, "put", key, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// isOurs says that the object under key is the one that this Put wrote: the
// SDK tried again although the first try had arrived.
func (s *store) isOurs(ctx context.Context, key, id string) bool {
	out, err := s.head(ctx, key)
	return err == nil && out.Metadata[putIDKey] == id
}
