package track

import "fmt"

// Fault is why a file cannot become a workout: a stable code for programs, a
// sentence for people, and the place in the file.
type Fault struct {
	Code   string // snake case and stable: "fit_crc_mismatch", "xml_doctype", "no_activity", ...
	Detail string // what is wrong, without the file's own text
	Offset int64  // byte offset of a binary file, or -1
	Line   int    // line of a text file, from 1, or 0
}

// Error says what and where.
func (f *Fault) Error() string {
	switch {
	case f.Line > 0:
		return fmt.Sprintf("%s: %s (line %d)", f.Code, f.Detail, f.Line)
	case f.Offset >= 0:
		return fmt.Sprintf("%s: %s (byte %d)", f.Code, f.Detail, f.Offset)
	}
	return f.Code + ": " + f.Detail
}

// Limits bound what a decoder may make of one file, whatever the file claims.
type Limits struct {
	Points   int // samples in all workouts of the file
	Workouts int // workouts in the file
	Depth    int // nesting of an XML file
}

// DefaultLimits hold a day at one sample a second many times over.
var DefaultLimits = Limits{Points: 1_000_000, Workouts: 200, Depth: 64}
