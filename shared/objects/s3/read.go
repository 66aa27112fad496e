package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"paceline/shared/objects"
	"paceline/shared/objects/internal/payload"
)

// Get opens the object under key, or a range of it.
func (s *store) Get(ctx context.Context, key string, r objects.Range) (io.ReadCloser, objects.Info, error) {
	if err := objects.ValidateKey(key); err != nil {
		return nil, objects.Info{}, err
	}
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key}
	if err := setRange(in, r); err != nil {
		return nil, objects.Info{}, objects.ErrRange.Wrap("get", key, nil)
	}
	client, err := s.client()
	if err != nil {
		return nil, objects.Info{}, objects.ErrUnavailable.Wrap("get", key, err)
	}
	watched, watch := payload.Watched(ctx, s.patience)
	out, err := client.GetObject(watched, in)
	if err != nil {
		defer watch.End()
		return nil, objects.Info{}, fault(watched, "get", key, err)
	}
	info := objects.Info{
		Key: key, Size: wholeSize(out), ContentType: aws.ToString(out.ContentType),
		SHA256: sumOf(out.Metadata), ModifiedAt: aws.ToTime(out.LastModified),
	}
	d := payload.Download{Key: key, Body: out.Body, Length: aws.ToInt64(out.ContentLength), Watch: watch}
	if r.Whole() {
		d.SHA256 = info.SHA256
	}
	return d.Reader(), info, nil
}

func setRange(in *s3.GetObjectInput, r objects.Range) error {
	switch {
	case r.Offset < 0, r.Length < 0:
		return objects.ErrRange
	case r.Whole():
	case r.Length == 0:
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", r.Offset))
	default:
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", r.Offset, r.Offset+r.Length-1))
	}
	return nil
}

// wholeSize is the size of the object, of which out may hold a range.
func wholeSize(out *s3.GetObjectOutput) int64 {
	_, total, _ := strings.Cut(aws.ToString(out.ContentRange), "/")
	if size, err := strconv.ParseInt(total, 10, 64); err == nil {
		return size
	}
	return aws.ToInt64(out.ContentLength)
}

// sumOf is the sum in an object's metadata, or zero when there is none.
func sumOf(metadata map[string]string) objects.Digest {
	sum, err := objects.ParseDigest(metadata[shaKey])
	if err != nil {
		return objects.Digest{}
	}
	return sum
}

// Head describes the object under key.
func (s *store) Head(ctx context.Context, key string) (objects.Info, error) {
	if err := objects.ValidateKey(key); err != nil {
		return objects.Info{}, err
	}
	out, err := s.head(ctx, key)
	if err != nil {
		return objects.Info{}, err
	}
	return objects.Info{
		Key: key, Size: aws.ToInt64(out.ContentLength), ContentType: aws.ToString(out.ContentType),
		SHA256: sumOf(out.Metadata), ModifiedAt: aws.ToTime(out.LastModified),
	}, nil
}

func (s *store) head(ctx context.Context, key string) (*s3.HeadObjectOutput, error) {
	ctx, cancel := payload.Bounded(ctx, s.patience)
	defer cancel()
	client, err := s.client()
	if err != nil {
		return nil, objects.ErrUnavailable.Wrap("head", key, err)
	}
	out, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return nil, fault(ctx, "head", key, err)
	}
	return out, nil
}

// Delete removes the object under key.
func (s *store) Delete(ctx context.Context, key string) error {
	if err := objects.ValidateKey(key); err != nil {
		return err
	}
	ctx, cancel := payload.Bounded(ctx, s.patience)
	defer cancel()
	client, err := s.client()
	if err != nil {
		return objects.ErrUnavailable.Wrap("delete", key, err)
	}
	_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key})
	if err == nil {
		return nil
	}
	if err = fault(ctx, "delete", key, err); errors.Is(err, objects.ErrNotFound) {
		return nil
	}
	return err
}

// List asks for pages until it has limit entries.
func (s *store) List(ctx context.Context, prefix, after string, limit int) ([]objects.Entry, error) {
	if err := objects.ValidatePrefix(prefix); err != nil {
		return nil, err
	}
	if err := objects.ValidatePrefix(after); err != nil {
		return nil, err
	}
	ctx, cancel := payload.Bounded(ctx, s.patience)
	defer cancel()
	client, err := s.client()
	if err != nil {
		return nil, objects.ErrUnavailable.Wrap("list", prefix, err)
	}
	limit = objects.Limit(limit)
	var found []objects.Entry
	in := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix, MaxKeys: aws.Int32(int32(limit))}
	if after != "" {
		in.StartAfter = &after
	}
	for {
		page, err := client.ListObjectsV2(ctx, in)
		if err != nil {
			return nil, fault(ctx, "list", prefix, err)
		}
		for _, o := range page.Contents {
			found = append(found, objects.Entry{Key: aws.ToString(o.Key), Size: aws.ToInt64(o.Size), ModifiedAt: aws.ToTime(o.LastModified)})
		}
		if len(found) >= limit || !aws.ToBool(page.IsTruncated) {
			return found[:min(limit, len(found))], nil
		}
		in.ContinuationToken = page.NextContinuationToken
	}
}
