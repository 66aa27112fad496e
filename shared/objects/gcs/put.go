package gcs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"cloud.google.com/go/storage"

	"paceline/shared/objects"
	"paceline/shared/objects/internal/payload"
)

const (
	shaKey   = "sha256"
	putIDKey = "put-id"

	largestChunk = 8 << 20   // bytes that an upload keeps in memory
	chunkUnit    = 256 << 10 // a chunk is a multiple of this
)

// Put stores body under key.
func (s *store) Put(ctx context.Context, key string, body io.Reader, o objects.Options) (objects.Info, error) {
	object, err := s.object("put", key)
	if err != nil {
		return objects.Info{}, err
	}
	content, err := payload.Spool(ctx, body, o.SHA256)
	if err != nil {
		return objects.Info{}, fmt.Errorf("objects: put %q: %w", key, err)
	}
	defer func() { _ = content.Close() }() // it holds a copy that nobody needs
	ctx, cancel := payload.Bounded(ctx, payload.ForUpload(s.patience, content.Size))
	defer cancel()
	if o.IfAbsent {
		object = object.If(storage.Conditions{DoesNotExist: true})
	}
	id := rand.Text()
	if err := send(ctx, object, content, attributes(id, content.Sum, o)); err != nil {
		if err = fault(ctx, "put", key, err); !errors.Is(err, objects.ErrExists) || !s.isOurs(ctx, key, id) {
			return objects.Info{}, err
		}
	}
	return objects.Info{Key: key, Size: content.Size, ContentType: o.MediaType(), SHA256: content.SHA256}, nil
}

func attributes(id string, sum payload.Sum, o objects.Options) storage.ObjectAttrs {
	return storage.ObjectAttrs{
		ContentType: o.MediaType(),
		CRC32C:      sum.CRC32C, // the server verifies it
		Metadata:    map[string]string{shaKey: sum.SHA256.String(), putIDKey: id},
	}
}

// send uploads content; on an error nothing becomes visible, because the
// upload is cut off before its end.
func send(ctx context.Context, object *storage.ObjectHandle, content *payload.Spooled, attrs storage.ObjectAttrs) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := object.NewWriter(ctx)
	attrs.Name = w.Name
	w.ObjectAttrs = attrs
	w.SendCRC32C = true
	w.ChunkSize = int(min((content.Size/chunkUnit+1)*chunkUnit, largestChunk))
	if _, err := io.Copy(w, content.ReadSeeker); err != nil {
		cancel()      // before Close, which would finish the upload
		_ = w.Close() // err is what matters
		return err
	}
	return w.Close()
}

// isOurs says that the object under key is the one that this Put wrote: the
// SDK tried again although the first try had arrived.
func (s *store) isOurs(ctx context.Context, key, id string) bool {
	attrs, err := s.attrs(ctx, "put", key)
	return err == nil && attrs.Metadata[putIDKey] == id
}
