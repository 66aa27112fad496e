package gcs

import (
	"context"
	"errors"
	"io"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"paceline/shared/objects"
	"paceline/shared/objects/internal/payload"
)

// replaced is how often a Get begins again when the object that it has just
// looked at is replaced before it is opened.
const replaced = 5

// Get opens the object under key, or a range of it: two requests, because a
// JSON download does not carry the metadata. The second one names the
// generation that the first one saw, so that both speak of the same object.
func (s *store) Get(ctx context.Context, key string, r objects.Range) (io.ReadCloser, objects.Info, error) {
	for try := 1; ; try++ {
		attrs, err := s.attrs(ctx, "get", key)
		if err != nil {
			return nil, objects.Info{}, err
		}
		info := describe(key, attrs)
		offset, length, err := r.Resolve(info.Size)
		if err != nil {
			return nil, objects.Info{}, objects.ErrRange.Wrap("get", key, nil)
		}
		d := payload.Download{Key: key, Length: length}
		if r.Whole() {
			d.SHA256 = info.SHA256
		}
		err = s.download(ctx, &d, attrs.Generation, offset)
		if err == nil {
			return d.Reader(), info, nil
		}
		if !errors.Is(err, objects.ErrNotFound) || try == replaced {
			return nil, objects.Info{}, err
		}
	}
}

// download gives d its Body.
func (s *store) download(ctx context.Context, d *payload.Download, generation, offset int64) error {
	object, err := s.object("get", d.Key)
	if err != nil {
		return err
	}
	watched, watch := payload.Watched(ctx, s.patience)
	body, err := object.Generation(generation).NewRangeReader(watched, offset, d.Length)
	if err != nil {
		defer watch.End()
		return fault(watched, "get", d.Key, err)
	}
	d.Body, d.Watch = body, watch
	return nil
}

func describe(key string, a *storage.ObjectAttrs) objects.Info {
	return objects.Info{Key: key, Size: a.Size, ContentType: a.ContentType, SHA256: sumOf(a.Metadata), ModifiedAt: a.Updated}
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
	attrs, err := s.attrs(ctx, "head", key)
	if err != nil {
		return objects.Info{}, err
	}
	return describe(key, attrs), nil
}

func (s *store) attrs(ctx context.Context, op, key string) (*storage.ObjectAttrs, error) {
	ctx, cancel := payload.Bounded(ctx, s.patience)
	defer cancel()
	object, err := s.object(op, key)
	if err != nil {
		return nil, err
	}
	attrs, err := object.Attrs(ctx)
	if err != nil {
		return nil, fault(ctx, op, key, err)
	}
	return attrs, nil
}

// Delete removes the object under key.
func (s *store) Delete(ctx context.Context, key string) error {
	ctx, cancel := payload.Bounded(ctx, s.patience)
	defer cancel()
	object, err := s.object("delete", key)
	if err != nil {
		return err
	}
	if err := object.Delete(ctx); err != nil && !errors.Is(err, storage.ErrObjectNotExist) {
		return fault(ctx, "delete", key, err)
	}
	return nil
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
	bucket, err := s.bucket()
	if err != nil {
		return nil, objects.ErrUnavailable.Wrap("list", prefix, err)
	}
	query := &storage.Query{Prefix: prefix, StartOffset: after, Projection: storage.ProjectionNoACL}
	if err := query.SetAttrSelection([]string{"Name", "Size", "Updated"}); err != nil {
		return nil, objects.ErrUnavailable.Wrap("list", prefix, err)
	}
	it := bucket.Objects(ctx, query)
	limit = objects.Limit(limit)
	it.PageInfo().MaxSize = min(limit+1, objects.MaxList) // one more: StartOffset includes after itself
	var found []objects.Entry
	for len(found) < limit {
		a, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, fault(ctx, "list", prefix, err)
		}
		if after == "" || a.Name > after {
			found = append(found, objects.Entry{Key: a.Name, Size: a.Size, ModifiedAt: a.Updated})
		}
	}
	return found, nil
}

// Close frees the client, if there was ever a call.
func (s *store) Close() error {
	var all []error
	for _, c := range s.closers {
		all = append(all, c())
	}
	return errors.Join(all...)
}
