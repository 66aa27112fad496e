package dir

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
)

// makeRoot makes the folder at name and those above it, durably.
func makeRoot(name string) error {
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	above := filepath.Dir(name)
	if above != name {
		if err := makeRoot(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(name, dirPerm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := os.Open(above)
	if err != nil {
		return err
	}
	err = f.Sync()
	_ = f.Close() // nothing was written through it
	return err
}

// makeFolder makes folder and those above it, and sees to it that their
// entries are durable: a synced file in a folder that a power cut forgets
// would be lost.
func (s *Store) makeFolder(folder string) error {
	if folder == "." {
		return nil
	}
	for end := 0; end < len(folder); {
		next := strings.IndexByte(folder[end+1:], '/')
		if end += next + 1; next < 0 {
			end = len(folder)
		}
		if err := s.makeOne(folder[:end]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) makeOne(folder string) error {
	err := s.root.Mkdir(folder, dirPerm)
	switch {
	case errors.Is(err, fs.ErrExist):
		if _, ok := s.synced.Load(folder); ok {
			return nil
		}
		// Who made it may not have synced it yet.
		if stat, err := s.root.Lstat(folder); err == nil && !stat.IsDir() {
			return syscall.ENOTDIR
		}
	case err != nil:
		return err
	}
	if err := s.sync(path.Dir(folder)); err != nil {
		return err
	}
	s.synced.Store(folder, true)
	return nil
}

// sync makes the entries of folder durable. A folder that is gone has none.
func (s *Store) sync(folder string) error {
	f, err := s.root.Open(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = f.Sync()
	_ = f.Close() // nothing was written through it
	return err
}

// prune removes folder and those above it as long as they are empty: their
// names may hold a person's id.
func (s *Store) prune(folder string) {
	for ; folder != "."; folder = path.Dir(folder) {
		s.synced.Delete(folder)
		if err := s.root.Remove(folder); err != nil {
			return // it is not empty
		}
	}
}
