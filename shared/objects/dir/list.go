package dir

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"paceline/shared/objects"
)

// List walks the folders in the order of keys.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]objects.Entry, error) {
	if err := objects.ValidatePrefix(prefix); err != nil {
		return nil, err
	}
	if err := objects.ValidatePrefix(after); err != nil {
		return nil, err
	}
	w := walk{ctx: ctx, root: s.root.FS(), prefix: prefix, after: after, limit: objects.Limit(limit)}
	if err := w.folder(""); err != nil {
		return nil, objects.ErrUnavailable.Wrap("list", prefix, err)
	}
	return w.found, nil
}

type walk struct {
	ctx           context.Context
	root          fs.FS
	prefix, after string
	limit         int
	found         []objects.Entry
}

// folder adds what lies in the folder at, which is "" or ends with a slash.
func (w *walk) folder(at string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	name := strings.TrimSuffix(at, "/")
	if name == "" {
		name = "."
	}
	entries, err := fs.ReadDir(w.root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it went empty meanwhile
	}
	if err != nil {
		return err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(sortName(a), sortName(b)) })
	for _, e := range entries {
		if err := w.entry(at+sortName(e), e); err != nil || len(w.found) == w.limit {
			return err
		}
	}
	return nil
}

// sortName makes a folder sort as the keys in it do: "a-b" before "a/b".
func sortName(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

func (w *walk) entry(key string, e fs.DirEntry) error {
	switch {
	case e.Name()[0] == '.':
		return nil
	case e.IsDir() && mayHold(key, w.prefix, w.after):
		return w.folder(key)
	case !e.Type().IsRegular() || !strings.HasPrefix(key, w.prefix) || key <= w.after:
		return nil
	}
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was deleted meanwhile
	}
	if err != nil {
		return err
	}
	w.found = append(w.found, objects.Entry{Key: key, Size: info.Size(), ModifiedAt: info.ModTime()})
	return nil
}

// mayHold says whether a key that begins with folder can have prefix and come
// after the key after.
func mayHold(folder, prefix, after string) bool {
	within := strings.HasPrefix(folder, prefix) || strings.HasPrefix(prefix, folder)
	return within && (folder > after || strings.HasPrefix(after, folder))
}
