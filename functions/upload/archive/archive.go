package archive

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"paceline/shared/track"
)

// The limits of an archive. Beyond the first freeSize bytes nothing may unpack
// to more than maxRatio times what it takes: GPX packs about 20 to 1.
const (
	maxDirectory = 8 << 20 // bytes of the list of entries
	maxEntries   = 50_000
	maxSize      = 32 << 30 // bytes, unpacked
	maxRatio     = 100
	freeSize     = 1 << 20
	maxName      = 500 // bytes
)

// Sniff says whether a file that begins with head wants to be a zip archive.
func Sniff(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// Archive is an open archive.
type Archive struct {
	files []*zip.File    // without folders
	seen  map[string]int // the first entry of a name
}

// Entry is one file of an archive: enough to read it without the list.
type Entry struct {
	Name   string `json:"name"`   // UTF-8, with slashes
	Offset int64  `json:"offset"` // of the packed bytes
	Packed int64  `json:"packed"` // bytes
	Size   int64  `json:"size"`   // bytes, as the archive says
	Method uint16 `json:"method"`
	CRC32  uint32 `json:"crc32"`
}

// Open reads the list of an archive of size bytes.
func Open(source io.ReaderAt, size int64) (*Archive, error) {
	list := &bounded{source: source, left: maxDirectory}
	z, err := zip.NewReader(list, size)
	switch {
	case list.err != nil:
		return nil, list.err
	case errors.Is(err, zip.ErrInsecurePath): // it is the entry's own fault
	case err != nil:
		return nil, fault("zip_corrupt", "the file is no zip archive, or is damaged")
	}
	list.left = math.MaxInt64 // what follows is the head of one entry at a time
	a := &Archive{seen: map[string]int{}}
	var packed, unpacked uint64
	for i, f := range z.File {
		packed, unpacked = packed+f.CompressedSize64, unpacked+f.UncompressedSize64
		if packed > uint64(size) || f.CompressedSize64 > uint64(size) {
			return nil, fault("zip_overlap", "the entries take more bytes than the archive has")
		}
		if unpacked > maxSize || f.UncompressedSize64 > maxSize {
			return nil, fault("zip_bomb", "the archive unpacks to too many bytes")
		}
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		a.files = append(a.files, z.File[i])
	}
	if unpacked > freeSize+maxRatio*uint64(size) {
		return nil, fault("zip_bomb", "the archive unpacks to far more bytes than it has")
	}
	if len(z.File) > maxEntries {
		return nil, tooMany()
	}
	for i, f := range a.files {
		if _, ok := a.seen[f.Name]; !ok {
			a.seen[f.Name] = i
		}
	}
	return a, nil
}

// bounded reads up to left bytes.
type bounded struct {
	source io.ReaderAt
	left   int64
	err    error // that ended the reading, when it was not the end of the archive
}

func (b *bounded) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 { // where the list of a zip64 archive may say that an entry lies
		return 0, misplaced()
	}
	if b.left -= int64(len(p)); b.left < 0 && b.err == nil {
		b.err = tooMany()
	}
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.source.ReadAt(p, at)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

func tooMany() *track.Fault { return fault("zip_too_many_files", "the archive has too many entries") }

func misplaced() *track.Fault {
	return fault("zip_corrupt", "the entry is not where the archive says")
}

func fault(code, detail string) *track.Fault {
	return &track.Fault{Code: code, Detail: detail, Offset: -1}
}

// Len is the number of entries that are files.
func (a *Archive) Len() int { return len(a.files) }

// Name is the name of the entry i.
func (a *Archive) Name(i int) string { return name(a.files[i]) }

// Entry is the entry i with its name, and why it cannot be used. A failure to
// read the archive is no fault of the entry.
func (a *Archive) Entry(i int) (Entry, error) {
	f := a.files[i]
	e := Entry{
		Name: name(f), Packed: int64(f.CompressedSize64), Size: int64(f.UncompressedSize64),
		Method: f.Method, CRC32: f.CRC32,
	}
	if why := a.unusable(i); why != nil {
		return e, why
	}
	at, err := f.DataOffset()
	switch {
	case errors.Is(err, zip.ErrFormat), errors.Is(err, io.EOF):
		return e, misplaced()
	case err != nil:
		return e, err
	}
	e.Offset = at
	return e, nil
}

// unusable is what is wrong with an entry, as the list has it.
func (a *Archive) unusable(i int) error {
	f := a.files[i]
	mode := f.Mode()
	switch {
	case !safe(f.Name):
		return fault("zip_unsafe_name", "the name of the entry leads out of the archive, or is none")
	case a.seen[f.Name] != i:
		return fault("zip_duplicate_name", "another entry has the same name")
	case f.Flags&1 != 0:
		return fault("zip_encrypted", "the entry is encrypted")
	case mode&fs.ModeType != 0:
		return fault("zip_not_a_file", "the entry is a link or a device")
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fault("zip_method", "the entry is packed in an unusual way")
	case f.UncompressedSize64 > freeSize+maxRatio*f.CompressedSize64:
		return fault("zip_bomb", "the entry unpacks to far more bytes than it has")
	}
	return nil
}

// safe says whether a name stays in the archive on every system.
func safe(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	if name == "" || len(name) > maxName || strings.HasPrefix(name, "/") || strings.Contains(name, ":") ||
		strings.ContainsFunc(name, unicode.IsControl) {
		return false
	}
	return !slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return part == ".." })
}

// name is the name of an entry in UTF-8. Where it is none it is what the first
// programs wrote: code page 437.
func name(f *zip.File) string {
	s := f.Name
	if !utf8.ValidString(s) {
		s, _ = charmap.CodePage437.NewDecoder().String(s) // every byte is a character of it
	}
	s = strings.ReplaceAll(s, `\`, "/")
	if len(s) > maxName {
		s = strings.ToValidUTF8(s[:maxName], "")
	}
	return s
}

// Read unpacks an entry of at most limit bytes.
func (e Entry) Read(source io.ReaderAt, limit int64) ([]byte, error) {
	if e.Size > limit {
		return nil, fault("file_too_large", "the file is too large")
	}
	r := e.Open(source)
	w := bytes.NewBuffer(make([]byte, 0, e.Size+bytes.MinRead)) // so that it never grows
	if _, err := io.Copy(w, r); err != nil {
		return nil, err
	}
	return w.Bytes(), nil
}

// Open unpacks an entry as it is read. The reader ends with a fault where the
// entry is longer or shorter than the archive says, or another.
func (e Entry) Open(source io.ReaderAt) io.Reader {
	packed := &Source{R: io.NewSectionReader(source, e.Offset, e.Packed)}
	r := &unpacking{e: e, packed: packed, from: packed, left: e.Size}
	if e.Method == zip.Deflate {
		r.from = flate.NewReader(packed)
	}
	return r
}

// Source reads on, and keeps what R fails with from being taken for damage.
type Source struct {
	R   io.Reader
	Err error // other than the end
}

// Read reads on.
func (s *Source) Read(b []byte) (int, error) {
	n, err := s.R.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		s.Err = err
	}
	return n, err
}

type unpacking struct {
	e      Entry
	packed *Source
	from   io.Reader
	left   int64
	sum    uint32
}

// Read unpacks the next bytes.
func (u *unpacking) Read(b []byte) (int, error) {
	n, err := u.from.Read(b[:min(int64(len(b)), u.left+1)])
	u.sum = crc32.Update(u.sum, crc32.IEEETable, b[:n])
	if u.left -= int64(n); u.left < 0 {
		return 0, fault("zip_corrupt", "the entry is longer than the archive says")
	}
	switch {
	case u.packed.Err != nil:
		return n, u.packed.Err
	case errors.Is(err, io.EOF) && (u.left > 0 || u.sum != u.e.CRC32):
		return n, fault("zip_corrupt", "the entry is damaged")
	case err != nil && !errors.Is(err, io.EOF):
		return n, fault("zip_corrupt", "the entry is damaged")
	}
	return n, err
}
