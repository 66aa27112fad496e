//go:build linux || darwin || freebsd || netbsd

package dir

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"paceline/shared/objects"
)

func folderStore(t *testing.T) (*Store, string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "objects")
	s, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // nothing was written through it
	return s, folder
}

// files are the names of everything in folder that is not a folder.
func files(t *testing.T, folder string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	s, folder := folderStore(t)
	wrong := objects.Options{SHA256: objects.Digest{1}}
	for _, o := range []objects.Options{{}, {IfAbsent: true}, {IfAbsent: true}, wrong} {
		_, _ = s.Put(t.Context(), "a/b/c", strings.NewReader("x"), o) // some of them fail
	}
	if got := files(t, folder); len(got) != 1 || got[0] != filepath.Join(folder, "a", "b", "c") {
		t.Errorf("files: %v", got)
	}
	if err := s.Delete(t.Context(), "a/b/c"); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 || entries[0].Name() != tempDir {
		t.Errorf("after the delete: %v, %v", entries, err)
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	s, folder := folderStore(t)
	if _, err := s.Put(t.Context(), "a/b", strings.NewReader("x"), objects.Options{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"": 0o700, "a": 0o700, "a/b": 0o600, tempDir: 0o700} {
		if stat, err := os.Stat(filepath.Join(folder, name)); err != nil || stat.Mode().Perm() != want {
			t.Errorf("%q: %v, %v", name, stat.Mode(), err)
		}
	}
}

func TestOpenClearsWhatAKilledProcessLeft(t *testing.T) {
	t.Parallel()
	_, folder := folderStore(t)
	old, fresh := filepath.Join(folder, tempDir, "old"), filepath.Join(folder, tempDir, "fresh")
	for _, name := range []string{old, fresh} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := time.Now().Add(-2 * abandoned)
	if err := os.Chtimes(old, before, before); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(folder); err != nil {
		t.Fatal(err)
	}
	if got := files(t, folder); len(got) != 1 || got[0] != fresh {
		t.Errorf("files: %v; want the one that may still be written", got)
	}
}

func TestAFileWithoutItsNoteIsStillAnObject(t *testing.T) {
	t.Parallel()
	s, folder := folderStore(t)
	if _, err := s.Put(t.Context(), "k", strings.NewReader("content"), objects.Options{ContentType: "text/plain"}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Removexattr(filepath.Join(folder, "k"), attributeName); err != nil {
		t.Skipf("this file system has no extended attributes: %v", err)
	}
	info, err := s.Head(t.Context(), "k")
	if err != nil || info.SHA256 != sha256.Sum256([]byte("content")) || info.ContentType != objects.DefaultContentType {
		t.Errorf("head: %+v, %v", info, err)
	}
	if b, _, err := objects.ReadAll(t.Context(), s, "k", 100); err != nil || string(b) != "content" {
		t.Errorf("read: %q, %v", b, err)
	}
}

func TestAChangedFileIsCorrupt(t *testing.T) {
	t.Parallel()
	s, folder := folderStore(t)
	if _, err := s.Put(t.Context(), "k", strings.NewReader("content"), objects.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "k"), []byte("c0ntent"), 0o600); err != nil { // keeps the note
		t.Fatal(err)
	}
	if _, _, err := objects.ReadAll(t.Context(), s, "k", 100); !errors.Is(err, objects.ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}

func TestALinkOutOfTheFolderIsNotFollowed(t *testing.T) {
	t.Parallel()
	s, folder := folderStore(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"file": secret, "folder": filepath.Dir(secret)} {
		if err := os.Symlink(to, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"file", "folder/secret"} {
		if _, err := s.Head(t.Context(), key); err == nil {
			t.Errorf("%q leads out of the folder", key)
		}
	}
	if _, err := s.Put(t.Context(), "folder/new", strings.NewReader("x"), objects.Options{}); err == nil {
		t.Error("a put leads out of the folder")
	}
}

// Deletes remove empty folders while Puts need them.
func TestPutsAndDeletesInOneFolder(t *testing.T) {
	t.Parallel()
	s, _ := folderStore(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			key := fmt.Sprintf("a/b/c/%d", i)
			for range 50 {
				if _, err := s.Put(t.Context(), key, strings.NewReader("x"), objects.Options{IfAbsent: true}); err != nil {
					t.Errorf("put: %v", err)
				}
				if _, err := s.Head(t.Context(), key); err != nil {
					t.Errorf("head: %v", err)
				}
				if err := s.Delete(t.Context(), key); err != nil {
					t.Errorf("delete: %v", err)
				}
			}
		})
	}
	all.Wait()
}
