package archive_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"paceline/functions/upload/archive"
	"paceline/functions/upload/archive/archivetest"
	"paceline/functions/upload/xmlscan/corpustest"
	"paceline/shared/track"
)

func codeOf(err error) string {
	var f *track.Fault
	if err == nil {
		return ""
	}
	if errors.As(err, &f) {
		return f.Code
	}
	return "no fault: " + err.Error()
}

func open(t *testing.T, b []byte) *archive.Archive {
	t.Helper()
	a, err := archive.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestReadingWhatIsThere(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("walk "), 1000)
	b := archivetest.Of(
		archivetest.Entry{Name: "folder/"},
		archivetest.Entry{Name: "folder/a.gpx", Content: content},
		archivetest.Entry{Name: "b.fit", Content: []byte("run"), Change: func(h *zip.FileHeader) {
			h.Method, h.CompressedSize64 = zip.Store, 3
		}},
		archivetest.Entry{Name: "empty.tcx"},
	)
	a := open(t, b)
	if a.Len() != 3 {
		t.Fatalf("%d files", a.Len())
	}
	for i, want := range []struct{ name, content string }{{"folder/a.gpx", string(content)}, {"b.fit", "run"}, {"empty.tcx", ""}} {
		e, err := a.Entry(i)
		if err != nil || e.Name != want.name {
			t.Fatalf("entry %d: %+v %v", i, e, err)
		}
		got, err := e.Read(bytes.NewReader(b), 1<<20)
		if err != nil || string(got) != want.content {
			t.Errorf("%s: %d bytes, %v", e.Name, len(got), err)
		}
	}
	e, _ := a.Entry(0)
	if _, err := e.Read(bytes.NewReader(b), 100); codeOf(err) != "file_too_large" {
		t.Errorf("over the limit: %v", err)
	}
}

// What is wrong with one entry is the fault of that one alone.
func TestEntriesThatAreNotRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		entry archivetest.Entry
		code  string
	}{
		"up":               {archivetest.Entry{Name: "../../etc/passwd"}, "zip_unsafe_name"},
		"up with a bend":   {archivetest.Entry{Name: "a/../../b.gpx"}, "zip_unsafe_name"},
		"up on Windows":    {archivetest.Entry{Name: `..\b.gpx`}, "zip_unsafe_name"},
		"absolute":         {archivetest.Entry{Name: "/etc/passwd"}, "zip_unsafe_name"},
		"a drive":          {archivetest.Entry{Name: `C:\b.gpx`}, "zip_unsafe_name"},
		"a stream of NTFS": {archivetest.Entry{Name: "b.gpx:stream"}, "zip_unsafe_name"},
		"NUL":              {archivetest.Entry{Name: "b.gpx\x00.fit"}, "zip_unsafe_name"},
		"a line break":     {archivetest.Entry{Name: "b\r\n.gpx"}, "zip_unsafe_name"},
		"no name":          {archivetest.Entry{Name: ""}, "zip_unsafe_name"},
		"a long name":      {archivetest.Entry{Name: strings.Repeat("n", 600)}, "zip_unsafe_name"},
		"the same name":    {archivetest.Entry{Name: "first.gpx"}, "zip_duplicate_name"},
		"a password":       {archivetest.Entry{Name: "b.gpx", Change: func(h *zip.FileHeader) { h.Flags |= 1 }}, "zip_encrypted"},
		"bzip2":            {archivetest.Entry{Name: "b.gpx", Change: func(h *zip.FileHeader) { h.Method = 12 }}, "zip_method"},
		"a link": {archivetest.Entry{Name: "b.gpx", Content: []byte("/etc/passwd"), Change: func(h *zip.FileHeader) {
			h.SetMode(0o777 | 1<<27)
		}}, "zip_not_a_file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := open(t, archivetest.Of(archivetest.Entry{Name: "first.gpx", Content: []byte("x")}, c.entry))
			if _, err := a.Entry(0); err != nil {
				t.Errorf("the other entry: %v", err)
			}
			e, err := a.Entry(1)
			if codeOf(err) != c.code {
				t.Errorf("%v, want %s", err, c.code)
			}
			if len(e.Name) > 500 {
				t.Errorf("a name of %d bytes", len(e.Name))
			}
		})
	}
}

// An entry is what the archive says, or it is not read.
func TestEntriesThatLie(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("x"), 5000)
	for name, change := range map[string]func(h *zip.FileHeader){
		"longer than it says":  func(h *zip.FileHeader) { h.UncompressedSize64 = 4999 },
		"shorter than it says": func(h *zip.FileHeader) { h.UncompressedSize64 = 5001 },
		"another content":      func(h *zip.FileHeader) { h.CRC32++ },
		"cut":                  func(h *zip.FileHeader) { h.CompressedSize64 -= 2 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := archivetest.Of(archivetest.Entry{Name: "a.gpx", Content: content, Change: change})
			e, err := open(t, b).Entry(0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Read(bytes.NewReader(b), 1<<20); codeOf(err) != "zip_corrupt" {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestArchivesThatAreNotOpened(t *testing.T) {
	t.Parallel()
	good := archivetest.Of(archivetest.Entry{Name: "a.gpx", Content: []byte("abc")})
	claims := func(size uint64) []byte {
		return archivetest.Of(archivetest.Entry{Name: "a.gpx", Content: []byte("abc"), Change: func(h *zip.FileHeader) { h.UncompressedSize64 = size }})
	}
	overlapping := slices.Clone(good)
	at := bytes.Index(overlapping, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(overlapping[at+20:], uint32(len(good)+1))
	for name, c := range map[string]struct {
		content []byte
		code    string
	}{
		"nothing":                   {nil, "zip_corrupt"},
		"no archive":                {[]byte("PK\x03\x04 and then nothing of the kind"), "zip_corrupt"},
		"cut":                       {good[:len(good)-3], "zip_corrupt"},
		"42":                        {claims(8 << 20), "zip_bomb"},
		"more than anybody has":     {claims(1 << 40), "zip_bomb"},
		"more bytes than there are": {overlapping, "zip_overlap"},
		"a hundred thousand":        {many(100_000), "zip_too_many_files"},
		"a list without an end":     {many(200_000), "zip_too_many_files"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := archive.Open(bytes.NewReader(c.content), int64(len(c.content))); codeOf(err) != c.code {
				t.Errorf("%v, want %s", err, c.code)
			}
		})
	}
}

func many(n int) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range n {
		_, _ = w.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(i)}) // a buffer never fails
	}
	_ = w.Close()
	return b.Bytes()
}

// A store that fails is no damage of the archive.
func TestTheReaderFails(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	b := archivetest.Of(archivetest.Entry{Name: "a.gpx", Content: bytes.Repeat([]byte("x"), 5000)})
	e, err := open(t, b).Entry(0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Open(failing{away}, int64(len(b))); !errors.Is(err, away) {
		t.Errorf("open: %v", err)
	}
	if _, err := e.Read(failing{away}, 1<<20); !errors.Is(err, away) {
		t.Errorf("read: %v", err)
	}
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

// A name in an old encoding is read as it was meant.
func TestNamesOfOldPrograms(t *testing.T) {
	t.Parallel()
	a := open(t, archivetest.Of(archivetest.Entry{Name: "M\x81nchen\\lauf.gpx", Change: func(h *zip.FileHeader) { h.NonUTF8 = true }}))
	if e, err := a.Entry(0); err != nil || e.Name != "München/lauf.gpx" {
		t.Errorf("%q %v", e.Name, err)
	}
}

// Zip64 is what large archives are; one says so by sizes of its own.
func TestZip64(t *testing.T) {
	t.Parallel()
	content := []byte("abc")
	b := archivetest.Of(archivetest.Entry{Name: "a.gpx", Content: content, Change: func(h *zip.FileHeader) {
		h.Method, h.CompressedSize64 = zip.Store, 3
	}})
	// The entry's sizes move into an extra field of its place in the list.
	at := bytes.Index(b, []byte("PK\x01\x02"))
	extra := binary.LittleEndian.AppendUint16(nil, 1)
	extra = binary.LittleEndian.AppendUint16(extra, 16)
	extra = binary.LittleEndian.AppendUint64(extra, 3)
	extra = binary.LittleEndian.AppendUint64(extra, 3)
	list := slices.Clone(b[at:])
	for _, p := range []int{20, 24} {
		binary.LittleEndian.PutUint32(list[p:], 0xffffffff)
	}
	binary.LittleEndian.PutUint16(list[30:], uint16(len(extra)))
	list = slices.Insert(list, 46+len("a.gpx"), extra...)
	end := bytes.Index(list, []byte("PK\x05\x06"))
	binary.LittleEndian.PutUint32(list[end+12:], uint32(end))
	b = append(b[:at:at], list...)
	e, err := open(t, b).Entry(0)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := e.Read(bytes.NewReader(b), 100); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%q %v", got, err)
	}
}

// FuzzOpen: never a panic, always entries or a fault, and never more bytes than
// were allowed.
func FuzzOpen(f *testing.F) {
	f.Add(archivetest.Of(archivetest.Entry{Name: "a.gpx", Content: []byte("abc")}, archivetest.Entry{Name: "b/", Content: nil}))
	f.Add(archivetest.Of(archivetest.Entry{Name: "a.gpx", Content: bytes.Repeat([]byte("abc"), 100)}, archivetest.Entry{Name: "a.gpx"}))
	corpustest.Seeds(f, archive.Sniff)
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := archive.Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			if strings.HasPrefix(codeOf(err), "no fault") {
				t.Fatal(err)
			}
			return
		}
		for i := range a.Len() {
			e, err := a.Entry(i)
			if err == nil {
				var content []byte
				if content, err = e.Read(bytes.NewReader(b), 1000); len(content) > 1001 {
					t.Errorf("%d bytes", len(content))
				}
			}
			if strings.HasPrefix(codeOf(err), "no fault") {
				t.Fatal(err)
			}
		}
	})
}
