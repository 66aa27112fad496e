package paceline_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"paceline/events"
	"paceline/functions/stats/figures"
	"paceline/functions/upload/fit"
	"paceline/functions/upload/gpx"
	"paceline/functions/upload/kml"
	"paceline/functions/upload/tcx"
	"paceline/shared/track"
)

// The corpus is real files of other projects and the values that their own
// tests assert. It is not part of this repository: PACELINE_CORPUS names it.
//
// TestCorpus decodes every file, computes its figures and compares each row of
// expected.tsv that Paceline has an answer to. Every disagreement is listed in
// testdata/corpus_disagreements.tsv with its reason; the test fails on one that
// is not, and on a listed one that no longer disagrees.
func TestCorpus(t *testing.T) {
	t.Parallel()
	dir := corpusDir(t)
	reasons := readReasons(t)
	files := map[string]*corpusFile{}
	for _, row := range readTSV(t, filepath.Join(dir, "manifest.tsv")) {
		files[row["path"]] = openCorpusFile(t, filepath.Join(dir, row["path"]))
	}
	rows := readTSV(t, filepath.Join(dir, "expected.tsv"))
	offsets := map[string]string{}
	for _, row := range rows {
		if strings.HasSuffix(row["quantity"], "utc_offset") {
			offsets[row["file"]] = row["value"]
		}
	}

	var comparable, agree, listed, undecoded int
	var table strings.Builder
	for _, row := range rows {
		f := files[row["file"]]
		got, ok := f.answer(row, offsets[row["file"]])
		if !ok {
			if f.undecoded && len(f.workouts) == 0 {
				undecoded++
			}
			continue
		}
		comparable++
		key := strings.TrimPrefix(row["file"], "files/") + "\t" + row["quantity"]
		if agrees(row, got) {
			agree++
			continue
		}
		reason, known := reasons[key]
		if known {
			listed++
			reasons[key] = ""
		} else {
			reason = "NOT LISTED"
			t.Errorf("%s: want %s %s (%s), got %s", strings.ReplaceAll(key, "\t", " "), row["value"], row["unit"], row["tolerance"], got)
		}
		fmt.Fprintf(&table, "%s\t%s\t%s\t%s\t%s\n", key, row["value"], row["tolerance"], got, reason)
	}
	for key, reason := range reasons {
		if reason != "" {
			t.Errorf("%s is listed in testdata/corpus_disagreements.tsv but agrees (or is not asked) now", strings.ReplaceAll(key, "\t", " "))
		}
	}
	t.Logf("rows %d (%d of formats without a decoder), comparable %d, agree %d, disagree %d (of them listed %d)\nfile\tquantity\twant\ttolerance\tgot\treason\n%s",
		len(rows), undecoded, comparable, agree, comparable-agree, listed, table.String())
	t.Log(outcomes(files))
}

// corpusFile is what became of a file.
type corpusFile struct {
	workouts  []corpusWorkout
	faults    []string // codes
	undecoded bool     // no decoder takes the format
}

// corpusWorkout is a workout with its figures, and with the figures that the
// samples alone give.
type corpusWorkout struct {
	track   *track.Track
	stats   events.Stats
	samples events.Stats
}

// openCorpusFile decodes a file by its content, whatever its name says.
func openCorpusFile(t *testing.T, path string) *corpusFile {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("corpus: %v", err)
	}
	f := &corpusFile{}
	f.open(data)
	return f
}

func (f *corpusFile) open(data []byte) {
	switch {
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			f.faults = append(f.faults, "gzip")
			return
		}
		inner, err := io.ReadAll(r)
		if err != nil {
			f.faults = append(f.faults, "gzip")
			return
		}
		f.open(inner)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		f.openZip(data)
	default:
		f.decode(data)
	}
}

func (f *corpusFile) openZip(data []byte) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		f.faults = append(f.faults, "zip")
		return
	}
	for _, member := range archive.File {
		r, err := member.Open()
		if err != nil {
			f.faults = append(f.faults, "zip_member")
			continue
		}
		inner, err := io.ReadAll(r)
		_ = r.Close() // read to its end: the error is that of ReadAll
		if err != nil {
			f.faults = append(f.faults, "zip_member")
			continue
		}
		f.open(inner)
	}
}

type decoder func([]byte, track.Limits) ([]*track.Track, error)

// decoderOf chooses by content.
func decoderOf(data []byte) decoder {
	head := data[:min(len(data), 4096)]
	switch {
	case len(head) >= 12 && string(head[8:12]) == ".FIT":
		return fit.Decode
	case bytes.Contains(head, []byte("<gpx")):
		return gpx.Decode
	case bytes.Contains(head, []byte("<TrainingCenterDatabase")):
		return tcx.Decode
	case bytes.Contains(head, []byte("<kml")):
		return kml.Decode
	}
	return nil
}

func (f *corpusFile) decode(data []byte) {
	decode := decoderOf(data)
	if decode == nil {
		f.faults, f.undecoded = append(f.faults, "unknown_format"), true
		return
	}
	tracks, err := decode(data, track.DefaultLimits)
	if err != nil {
		code := "not a fault: " + err.Error()
		if fault := (*track.Fault)(nil); errors.As(err, &fault) {
			code = fault.Code
		}
		f.faults = append(f.faults, code)
	}
	for _, t := range tracks {
		alone := *t
		alone.Session, alone.Laps = track.Totals{}, nil
		f.workouts = append(f.workouts, corpusWorkout{
			track: t, stats: figures.Compute(t, figures.Athlete{}), samples: figures.Compute(&alone, figures.Athlete{}),
		})
	}
}

// outcomes says what became of each file.
func outcomes(files map[string]*corpusFile) string {
	var lines []string
	decoded := 0
	for path, f := range files {
		what := strings.Join(f.faults, ", ")
		if len(f.workouts) > 0 {
			decoded++
			what = strings.TrimSuffix(fmt.Sprintf("%d workouts, %s", len(f.workouts), what), ", ")
		}
		lines = append(lines, strings.TrimPrefix(path, "files/")+"\t"+what)
	}
	sort.Strings(lines)
	return fmt.Sprintf("files %d, with workouts %d\n%s", len(files), decoded, strings.Join(lines, "\n"))
}

func corpusDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PACELINE_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "shared", "corpus")
	}
	if _, err := os.Stat(filepath.Join(dir, "expected.tsv")); err != nil {
		t.Skipf("no corpus at %s: set PACELINE_CORPUS to compare with other projects' values", dir)
	}
	return dir
}

// readReasons reads the listed disagreements: file, quantity, reason.
func readReasons(t *testing.T) map[string]string {
	t.Helper()
	reasons := map[string]string{}
	for _, row := range readTSV(t, filepath.Join("testdata", "corpus_disagreements.tsv")) {
		if row["reason"] == "" {
			t.Errorf("corpus_disagreements.tsv: %s %s has no reason", row["file"], row["quantity"])
		}
		reasons[row["file"]+"\t"+row["quantity"]] = row["reason"]
	}
	return reasons
}

// readTSV reads a table with a head line.
func readTSV(t *testing.T, path string) []map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatalf("corpus: %v", err)
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	var head []string
	var rows []map[string]string
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		if head == nil {
			head = cells
			continue
		}
		row := map[string]string{}
		for i, name := range head {
			if i < len(cells) {
				row[name] = cells[i]
			}
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("corpus: %v", err)
	}
	return rows
}
