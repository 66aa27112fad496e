package upload

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"paceline/functions/upload/archive"
	"paceline/functions/upload/fit"
	"paceline/functions/upload/gpx"
	"paceline/functions/upload/kml"
	"paceline/functions/upload/tcx"
	"paceline/shared/function/fault"
	"paceline/shared/track"
)

const formatManual = "manual"

// format is a kind of file that this function reads.
type format struct {
	name        string // also the extension
	contentType string
	sniff       func(data []byte) bool
	decode      func(data []byte, lim track.Limits) ([]*track.Track, error)
}

var formats = []format{
	{"fit", "application/vnd.ant.fit", fit.Sniff, fit.Decode},
	{"gpx", "application/gpx+xml", gpx.Sniff, gpx.Decode},
	{"tcx", "application/vnd.garmin.tcx+xml", tcx.Sniff, tcx.Decode},
	{"kml", "application/vnd.google-earth.kml+xml", kml.Sniff, kml.Decode},
}

// file is an uploaded file whose format is known.
type file struct {
	format      format
	original    []byte // as it was uploaded
	plain       []byte // unpacked; original itself when it is not packed
	contentType string // of original
	extension   string // that its name ends with, such as ".fit.gz"
}

// recognise tells the format by the content; what the file is called and what
// the client says that it is do not count. One gzip member or zip archive around
// it is taken off. A file of no known format is 415.
func recognise(original []byte) (file, error) {
	f := file{original: original, plain: original}
	var err error
	packing := ""
	switch {
	case bytes.HasPrefix(original, []byte{0x1f, 0x8b}):
		packing, f.contentType = ".gz", "application/gzip"
		f.plain, err = unpack(original)
	case archive.Sniff(original):
		packing, f.contentType = ".zip", "application/zip"
		f.plain, err = unzip(original)
	}
	if err != nil {
		return file{}, err
	}
	i := slices.IndexFunc(formats, func(known format) bool { return known.sniff(f.plain) })
	if i < 0 {
		return file{}, fault.New(http.StatusUnsupportedMediaType, "unsupported_format", "the file is neither FIT nor GPX nor TCX nor KML")
	}
	f.format = formats[i]
	f.extension = "." + f.format.name + packing
	switch {
	case packing == "":
		f.contentType = f.format.contentType
	case f.extension == ".kml.zip":
		f.extension, f.contentType = ".kmz", "application/vnd.google-earth.kmz"
	}
	return f, nil
}

// unzip unpacks the one file of an archive that may be a workout.
func unzip(packed []byte) ([]byte, error) {
	source := bytes.NewReader(packed)
	a, err := archive.Open(source, int64(len(packed)))
	if err != nil {
		return nil, unreadable(err)
	}
	one := -1
	for i := range a.Len() {
		if kindOf(a.Name(i)) == noWorkout {
			continue
		}
		if one >= 0 {
			return nil, fault.Invalid("zip_several_files", "the archive has several files: import it")
		}
		one = i
	}
	if one < 0 {
		return nil, fault.New(http.StatusUnsupportedMediaType, "unsupported_format", "the archive has no file that may be a workout")
	}
	entry, err := a.Entry(one)
	if err != nil {
		return nil, unreadable(err)
	}
	plain, err := entry.Read(source, maxPlain)
	return plain, unreadable(err)
}

// An archive may unpack to maxPlain bytes, and to no more than maxRatio times
// its size beyond the first freePlain bytes. GPX packs about 20 to 1.
const (
	maxPlain  = 64 << 20
	maxRatio  = 100
	freePlain = 1 << 20
)

func unpack(packed []byte) ([]byte, error) {
	source := bytes.NewReader(packed)
	z, err := gzip.NewReader(source)
	if err != nil {
		return nil, damagedArchive(err)
	}
	z.Multistream(false)
	limit := min(maxPlain, freePlain+maxRatio*int64(len(packed)))
	plain, err := io.ReadAll(io.LimitReader(z, limit+1))
	switch {
	case err != nil:
		return nil, damagedArchive(err)
	case int64(len(plain)) > limit:
		return nil, fault.New(http.StatusRequestEntityTooLarge, "file_too_large", "the archive unpacks to more than %d bytes", limit)
	case source.Len() > 0:
		return nil, fault.Invalid("gzip_trailing", "something follows the first file of the archive").With("offset", int64(len(packed)-source.Len()))
	}
	return plain, nil
}

func damagedArchive(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fault.Invalid("gzip_truncated", "the archive ends too early").Because(err)
	}
	return fault.Invalid("gzip_corrupt", "the archive is damaged").Because(err)
}

// tracks reads all workouts of the file, in time order.
func (f file) tracks() ([]*track.Track, error) {
	tracks, err := f.format.decode(f.plain, track.DefaultLimits)
	if err != nil {
		return nil, unreadable(err)
	}
	slices.SortStableFunc(tracks, func(a, b *track.Track) int { return a.StartedAt.Compare(b.StartedAt) })
	return tracks, nil
}

// tooLarge is the faults of files that are too much of something.
var tooLarge = map[string]bool{"too_many_points": true, "too_many_workouts": true, "zip_bomb": true, "zip_too_many_files": true, "file_too_large": true}

// unreadable tells a person what is wrong with a file, and where.
func unreadable(err error) error {
	var why *track.Fault
	if !errors.As(err, &why) {
		return err
	}
	status := http.StatusUnprocessableEntity
	if tooLarge[why.Code] {
		status = http.StatusRequestEntityTooLarge
	}
	out := fault.New(status, why.Code, "%s", why.Detail).Because(err)
	if why.Line > 0 {
		out.With("line", why.Line)
	} else if why.Offset >= 0 {
		out.With("offset", why.Offset)
	}
	return out
}

// attachment is the name under which an original is handed out: the one that
// it came with, or its id, and always with the extension of what it is.
func attachment(name, id, extension string) string {
	if name == "" {
		name = id
	}
	if !strings.HasSuffix(strings.ToLower(name), extension) {
		name += extension
	}
	return name
}
