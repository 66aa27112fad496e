package dir

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"

	"paceline/shared/objects"
	"paceline/shared/objects/internal/payload"
)

// attempts is how often a Put makes its folder again when concurrent Deletes
// keep removing it because it is empty.
const attempts = 100

// Put stores body under key.
func (s *Store) Put(ctx context.Context, key string, body io.Reader, o objects.Options) (objects.Info, error) {
	if err := objects.ValidateKey(key); err != nil {
		return objects.Info{}, err
	}
	temp := path.Join(tempDir, rand.Text())
	info, err := s.write(ctx, temp, body, o)
	if err == nil {
		err = s.publish(temp, key, o.IfAbsent)
	}
	_ = s.root.Remove(temp) // a rename took it already, and sweep takes what stays
	if err != nil {
		return objects.Info{}, fmt.Errorf("objects: put %q: %w", key, err)
	}
	info.Key = key
	return info, nil
}

// write makes temp a durable file with the content of body.
func (s *Store) write(ctx context.Context, temp string, body io.Reader, o objects.Options) (objects.Info, error) {
	file, err := s.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, filePerm)
	if err != nil {
		return objects.Info{}, unavailable(err)
	}
	info, err := fill(ctx, file, body, o)
	if err2 := file.Close(); err == nil && err2 != nil {
		err = unavailable(err2)
	}
	return info, err
}

func fill(ctx context.Context, file *os.File, body io.Reader, o objects.Options) (objects.Info, error) {
	sum, err := payload.Copy(ctx, file, body)
	if err != nil {
		return objects.Info{}, err
	}
	if err := sum.Check(o.SHA256); err != nil {
		return objects.Info{}, err
	}
	n := note{sum.SHA256, o.MediaType()}
	if err := writeNote(file, n); err != nil {
		return objects.Info{}, unavailable(err)
	}
	if err := file.Sync(); err != nil {
		return objects.Info{}, unavailable(err)
	}
	return objects.Info{Size: sum.Size, ContentType: n.ContentType, SHA256: n.SHA256}, nil
}

// publish gives temp the name key, durably and in one step.
func (s *Store) publish(temp, key string, ifAbsent bool) error {
	name := s.root.Rename
	if ifAbsent {
		name = s.root.Link
	}
	folder := path.Dir(key)
	for range attempts {
		err := s.makeFolder(folder)
		if err == nil {
			err = name(temp, key)
		}
		switch {
		case err == nil:
			if err := s.sync(folder); err != nil {
				return unavailable(err)
			}
			return nil
		case !errors.Is(err, fs.ErrNotExist):
			return s.refused(key, err)
		}
	}
	return fmt.Errorf("%w: the folder is removed again and again", objects.ErrUnavailable)
}

// refused says why key could not get its file.
func (s *Store) refused(key string, err error) error {
	switch {
	case s.isFolder(key):
		return fmt.Errorf("%w: it is a folder of other keys", objects.ErrInvalidKey)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w: a part of it is the key of another object", objects.ErrInvalidKey)
	case errors.Is(err, fs.ErrExist):
		return objects.ErrExists
	}
	return unavailable(err)
}

func (s *Store) isFolder(name string) bool {
	stat, err := s.root.Lstat(name)
	return err == nil && stat.IsDir()
}

// Delete removes the object under key, and the folders that it leaves empty.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := objects.ValidateKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return objects.ErrUnavailable.Wrap("delete", key, err)
	}
	if s.isFolder(key) {
		return nil // no object has this key
	}
	if err := s.root.Remove(key); err != nil {
		if reading(err) == objects.ErrNotFound {
			return nil
		}
		return objects.ErrUnavailable.Wrap("delete", key, err)
	}
	if err := s.sync(path.Dir(key)); err != nil {
		return objects.ErrUnavailable.Wrap("delete", key, err)
	}
	s.prune(path.Dir(key))
	return nil
}

// reading is the kind of a failure to reach a file by its name.
func reading(err error) *objects.Fault {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return objects.ErrNotFound
	}
	return objects.ErrUnavailable
}

func unavailable(err error) error { return fmt.Errorf("%w: %w", objects.ErrUnavailable, err) }
