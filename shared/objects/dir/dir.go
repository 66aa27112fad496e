package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
	"time"

	"paceline/shared/objects"
	"paceline/shared/objects/internal/payload"
)

// Driver opens file:///dir.
var Driver = objects.Driver{Scheme: "file", Open: open}

const (
	filePerm = 0o600
	dirPerm  = 0o700
	tempDir  = ".tmp" // no key can begin with a dot
	// abandoned is the age at which a temporary file belongs to no Put any more.
	abandoned = 24 * time.Hour
)

// Store is a folder. It implements objects.Store.
type Store struct {
	root *os.Root
	// synced has the folders whose own entry is known to be durable.
	synced sync.Map
}

func open(l objects.Location) (objects.Store, error) {
	if l.Bucket != "" {
		return nil, fmt.Errorf("write file:///%s%s, with three slashes and the whole path", l.Bucket, l.Path)
	}
	if l.Path == "" || l.Path == "/" {
		return nil, errors.New("the folder is missing")
	}
	store, err := Open(filepath.FromSlash(l.Path))
	if err != nil {
		return nil, err
	}
	return store, nil
}

// Open uses the folder at name, which it makes if need be, and clears away
// what a killed process has left half written there.
func Open(name string) (*Store, error) {
	if err := makeRoot(name); err != nil {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("open the folder: %w", err)
	}
	if err := root.Mkdir(tempDir, dirPerm); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	s := &Store{root: root}
	if err := s.sweep(time.Now().Add(-abandoned)); err != nil {
		return nil, fmt.Errorf("clear the folder: %w", err)
	}
	return s, nil
}

// sweep removes temporary files that were last written before t.
func (s *Store) sweep(t time.Time) error {
	entries, err := fs.ReadDir(s.root.FS(), tempDir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.ModTime().After(t) {
			continue // another process has just removed it, or is writing it
		}
		if err := s.root.Remove(path.Join(tempDir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Close gives the folder back.
func (s *Store) Close() error { return s.root.Close() }

// Link is ErrUnsupported: nobody else reaches a folder.
func (s *Store) Link(_ context.Context, key string, _ int64, _ time.Duration) (objects.Link, error) {
	if err := objects.ValidateKey(key); err != nil {
		return objects.Link{}, err
	}
	return objects.Link{}, objects.ErrUnsupported.Wrap("link", key, nil)
}

// Get opens the object under key.
func (s *Store) Get(ctx context.Context, key string, r objects.Range) (io.ReadCloser, objects.Info, error) {
	file, info, err := s.find(ctx, "get", key)
	if err != nil {
		return nil, objects.Info{}, err
	}
	offset, length, err := r.Resolve(info.Size)
	if err != nil {
		_ = file.Close() // it was only read
		return nil, objects.Info{}, objects.ErrRange.Wrap("get", key, nil)
	}
	d := payload.Download{Key: key, Body: section{io.NewSectionReader(file, offset, length), file}, Length: length}
	if r.Whole() {
		d.SHA256 = info.SHA256
	}
	return d.Reader(), info, nil
}

type section struct {
	*io.SectionReader
	io.Closer
}

// Head describes the object under key.
func (s *Store) Head(ctx context.Context, key string) (objects.Info, error) {
	file, info, err := s.find(ctx, "head", key)
	if err != nil {
		return objects.Info{}, err
	}
	_ = file.Close() // it was only read
	return info, nil
}

func (s *Store) find(ctx context.Context, op, key string) (*os.File, objects.Info, error) {
	if err := objects.ValidateKey(key); err != nil {
		return nil, objects.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return nil, objects.Info{}, objects.ErrUnavailable.Wrap(op, key, err)
	}
	file, err := s.root.Open(key)
	if err != nil {
		return nil, objects.Info{}, reading(err).Wrap(op, key, err)
	}
	info, err := describe(ctx, file, key)
	if err != nil {
		_ = file.Close() // it was only read
		return nil, objects.Info{}, reading(err).Wrap(op, key, err)
	}
	return file, info, nil
}

func describe(ctx context.Context, file *os.File, key string) (objects.Info, error) {
	stat, err := file.Stat()
	if err != nil {
		return objects.Info{}, err
	}
	if !stat.Mode().IsRegular() {
		return objects.Info{}, fs.ErrNotExist
	}
	info := objects.Info{Key: key, Size: stat.Size(), ContentType: objects.DefaultContentType, ModifiedAt: stat.ModTime()}
	if note, ok := readNote(file); ok {
		info.ContentType, info.SHA256 = note.ContentType, note.SHA256
		return info, nil
	}
	sum, err := payload.Copy(ctx, io.Discard, file)
	info.SHA256 = sum.SHA256
	return info, err
}
