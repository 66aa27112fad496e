package fit_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"paceline/functions/upload/fit"
	"paceline/functions/upload/fit/fittest"
	"paceline/shared/track"
)

// with is a copy of data with the bytes at an offset replaced; a negative
// offset counts from the end.
func with(data []byte, at int, b ...byte) []byte {
	out := bytes.Clone(data)
	if at < 0 {
		at += len(out)
	}
	copy(out[at:], b)
	return out
}

func TestBadInputHasItsFault(t *testing.T) {
	t.Parallel()
	run := fittest.Run(start, 30)
	claim := func(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }
	short := fittest.SealAs(12, run[14:len(run)-2])
	records := fittest.NewWire().Activity().
		Define(1, 20, fittest.Field{253, 4, fittest.Uint32}, fittest.Field{3, 1, fittest.Uint8}).
		Data(1, fittest.Time(start), uint8(100))
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"nothing":                                 {nil, "fit_truncated"},
		"half a header":                           {run[:8], "fit_truncated"},
		"no FIT header":                           {bytes.Repeat([]byte("x"), 100), "fit_header"},
		"a header of 11 bytes":                    {with(run, 0, 11), "fit_header"},
		"a header of 255 bytes in a small file":   {with(fittest.Seal(nil), 0, 255), "fit_truncated"},
		"a wrong checksum of the header":          {with(run, 12, 1, 1), "fit_header_crc"},
		"cut within the records":                  {run[:300], "fit_truncated"},
		"a data size beyond the end":              {with(short, 4, claim(1<<32-1)...)[:400], "fit_truncated"},
		"a data size of 0 and much data":          {with(short, 4, 0, 0, 0, 0)[:400], "fit_truncated"},
		"a header alone":                          {fittest.Seal(nil), "no_activity"},
		"a wrong checksum without a session":      {with(records.File(), -1, 0x55), "fit_crc_mismatch"},
		"data before its definition":              {fittest.NewWire().Activity().Data(5, uint8(1)).File(), "fit_definition_missing"},
		"an unknown byte order":                   {fittest.Seal([]byte{0x40, 0, 7, 0, 0, 0}), "fit_definition"},
		"a definition that is cut":                {fittest.Seal([]byte{0x40, 0, 0, 0, 0, 9, 1, 2, 3}), "fit_truncated"},
		"developer fields that are cut":           {fittest.Seal([]byte{0x60, 0, 0, 0, 0, 0, 9, 1}), "fit_truncated"},
		"a record time of two bytes":              {fittest.NewWire().Define(1, 20, fittest.Field{253, 2, fittest.Uint16}).File(), "fit_field_size"},
		"a course":                                {fittest.Course(start), "not_activity"},
		"a planned workout":                       {fittest.Workout(start), "not_activity"},
		"an activity without anything":            {fittest.NewWire().Activity().File(), "no_activity"},
		"a run and then half a run":               {slices.Concat(run, run[:300]), "fit_truncated"},
		"a planned workout with a wrong checksum": {with(fittest.Workout(start), -1, 0x55), "fit_crc_mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := fit.Decode(c.data, track.DefaultLimits)
			if code(err) != c.code || got != nil {
				t.Errorf("got %d tracks and %v, want %s", len(got), err, c.code)
			}
		})
	}
}

func TestAFaultSaysWhere(t *testing.T) {
	t.Parallel()
	data := fittest.NewWire().Activity().Data(5, uint8(1)).File()
	_, err := fit.Decode(data, track.DefaultLimits)
	var f *track.Fault
	if !errors.As(err, &f) || f.Offset != int64(len(data)-4) {
		t.Errorf("got %v, want byte %d", err, len(data)-4)
	}
}

func TestDamagedFileThatIsWholeIsTakenWithAWarning(t *testing.T) {
	t.Parallel()
	run := fittest.Run(start, 30)
	workout := fittest.Workout(start)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"a wrong checksum":                     {with(run, -1, run[len(run)-1]^1), "crc_mismatch"},
		"no checksum at the end":               {run[:len(run)-2], "truncated"},
		"cut within the last message":          {run[:len(run)-5], "truncated"},
		"nonsense after the activity":          {fittest.Seal(append(run[14:len(run)-2:len(run)-2], 0x0F)), "definition_missing"},
		"bytes after the file":                 {append(bytes.Clone(run), "hello there, more"...), "trailing_bytes"},
		"a cut file of another kind behind it": {slices.Concat(run, workout[:40]), "truncated"},
		"a broken header behind it":            {slices.Concat(run, with(workout, 12, 9, 9)), "header_crc"},
	} {
		x := one(t, c.data)
		if !slices.Equal(x.Warnings, []string{c.want}) || x.Samples.Len() != 30 {
			t.Errorf("%s: %v, %d samples; want %s", name, x.Warnings, x.Samples.Len(), c.want)
		}
	}
}

func TestHeadersThatAreRight(t *testing.T) {
	t.Parallel()
	messages := fittest.Run(start, 30)
	messages = messages[14 : len(messages)-2]
	unchecked := with(fittest.Seal(messages), 12, 0, 0)
	unchecked = binary.LittleEndian.AppendUint16(unchecked[:len(unchecked)-2], fittest.CRC(unchecked[:len(unchecked)-2]))
	for name, data := range map[string][]byte{
		"12 bytes":                       fittest.SealAs(12, messages),
		"14 bytes with a checksum":       fittest.SealAs(14, messages),
		"14 bytes with a checksum of 0":  unchecked,
		"padded with zeros to the block": append(fittest.Seal(messages), make([]byte, 20)...),
	} {
		if x := one(t, data); len(x.Warnings) != 0 {
			t.Errorf("%s: %v", name, x.Warnings)
		}
	}
}

// Cutting a whole file anywhere gives a fault or a whole activity, never less.
func TestEveryCutIsRefusedOrWhole(t *testing.T) {
	t.Parallel()
	run := fittest.Run(start, 40)
	for n := range run {
		all, err := fit.Decode(run[:n], track.DefaultLimits)
		if err == nil && (len(all) != 1 || all[0].Samples.Len() != 40 || all[0].Session.TimerS == nil) {
			t.Fatalf("cut at %d: accepted with %d samples", n, all[0].Samples.Len())
		}
		if err != nil && code(err) != "fit_truncated" {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}
