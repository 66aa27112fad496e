// Package corpustest opens the corpus of real workout files for tests. The
// corpus lies beside the repository and never inside it; a test skips without.
package corpustest

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// File is one file of the corpus, or one member of an archive in it.
type File struct {
	Name string // as the tables of the corpus name it, with ! before a member
	Data []byte
}

// Dir is the corpus, from PACELINE_CORPUS or beside the repository.
func Dir(t testing.TB) string {
	t.Helper()
	dir, found := find()
	if !found {
		t.Skipf("no corpus at %s; PACELINE_CORPUS may name another place", dir)
	}
	return dir
}

func find() (dir string, found bool) {
	dir = os.Getenv("PACELINE_CORPUS")
	if dir == "" {
		_, here, _, _ := runtime.Caller(0)
		dir = filepath.Join(filepath.Dir(here), "../../../../../shared/corpus")
	}
	_, err := os.Stat(filepath.Join(dir, "expected.tsv"))
	return dir, err == nil
}

// maxSeed bounds the files that fuzzing begins with: larger ones are more of the
// same, and make every try slow.
const maxSeed = 128 << 10

// Seeds lets fuzzing begin with the files of the corpus that sniff wants, as they
// are and unpacked. Without a corpus it adds nothing.
func Seeds(f *testing.F, sniff func([]byte) bool) {
	f.Helper()
	if _, found := find(); !found {
		return
	}
	for _, file := range slices.Concat(Files(f, ""), packed(f)) {
		if len(file.Data) <= maxSeed && sniff(file.Data) {
			f.Add(file.Data)
		}
	}
}

// packed gives the files that are archives, as they are.
func packed(t testing.TB) (out []File) {
	paths, err := filepath.Glob(filepath.Join(Dir(t), "files/*/*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(data, []byte("\x1f\x8b")) || bytes.HasPrefix(data, []byte("PK")) {
			out = append(out, File{filepath.Base(path), data})
		}
	}
	return out
}

// Files gives all files with the extension, also those that are compressed or
// members of a zip.
func Files(t testing.TB, ext string) []File {
	t.Helper()
	dir := Dir(t)
	paths, err := filepath.Glob(filepath.Join(dir, "files/*/*"))
	if err != nil {
		t.Fatal(err)
	}
	var out []File
	for _, path := range paths {
		name, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, ext) && !strings.HasSuffix(name, ext+".gz") && !strings.HasSuffix(name, ".zip") {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case strings.HasSuffix(name, ".zip"):
			out = append(out, members(t, name, data, ext)...)
		case bytes.HasPrefix(data, []byte("\x1f\x8b")):
			out = append(out, File{name, gunzip(t, data)})
		default:
			out = append(out, File{name, data})
		}
	}
	return out
}

func members(t testing.TB, name string, data []byte, ext string) (out []File) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil // broken archives are in the corpus on purpose
	}
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ext) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, File{name + "!" + f.Name, all(t, r)})
	}
	return out
}

func gunzip(t testing.TB, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return all(t, r)
}

func all(t testing.TB, r io.ReadCloser) []byte {
	t.Helper()
	data, err := io.ReadAll(r)
	if err == nil {
		err = r.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Rows reads a table of the corpus as maps from column to value.
func Rows(t testing.TB, table string) []map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(Dir(t), table))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	names := strings.Split(lines[0], "\t")
	var out []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, v := range strings.Split(line, "\t") {
			if i < len(names) {
				row[names[i]] = v
			}
		}
		out = append(out, row)
	}
	return out
}
