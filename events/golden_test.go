package events_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/events"
)

var update = flag.Bool("update", false, "write testdata/<type>.json of types that have changed")

// at is the moment at which every golden event happened.
var at = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// The wire form of every type is a file. Reading it gives the payload, and
// writing the payload gives the file, byte for byte.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, empty := range events.All() {
		t.Run(empty.EventType(), func(t *testing.T) {
			t.Parallel()
			want := envelope(t, filled(empty))
			file := goldenFile(empty.EventType())
			if *update {
				keepsFields(t, file, want.Data)
				if err := os.WriteFile(file, indented(t, want), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			golden := read(t, file)
			if got := indented(t, want); !bytes.Equal(got, golden) {
				t.Errorf("the payload is written as\n%s\nand its file says\n%s", got, golden)
			}
			var got events.Envelope
			if err := json.Unmarshal(golden, &got); err != nil {
				t.Fatal(err)
			}
			p, err := got.Decode()
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(p, filled(empty)) {
				t.Errorf("the file is read as\n%+v\nwant\n%+v", p, filled(empty))
			}
		})
	}
}

// A field that was ever on the wire stays on the wire: within a version it may
// be added, never renamed or removed.
func TestNoFieldIsLost(t *testing.T) {
	t.Parallel()
	for _, empty := range events.All() {
		t.Run(empty.EventType(), func(t *testing.T) {
			t.Parallel()
			file := goldenFile(empty.EventType())
			var golden events.Envelope
			if err := json.Unmarshal(read(t, file), &golden); err != nil {
				t.Fatal(err)
			}
			p, err := golden.Decode()
			if err != nil {
				t.Fatal(err)
			}
			again, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			keepsFields(t, file, again)
		})
	}
}

// keepsFields fails when data lacks a member that the file has, also before
// the file is written anew.
func keepsFields(t *testing.T, file string, data []byte) {
	t.Helper()
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return // a new type
	}
	var golden events.Envelope
	if err := errors.Join(err, json.Unmarshal(b, &golden)); err != nil {
		t.Fatal(err)
	}
	have := members(t, data)
	for path := range members(t, golden.Data) {
		if !have[path] {
			t.Fatalf("%s has %s and the payload does not: a field stays, what is different is a new version", file, path)
		}
	}
}

// Every file belongs to a type, so that a type cannot go while its events may
// still be waiting somewhere.
func TestEveryGoldenFileHasItsType(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, p := range events.All() {
		known[goldenFile(p.EventType())] = true
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !known[f] {
			t.Errorf("%s is of a type that All does not know", f)
		}
	}
}

func TestUnknownFieldsAreTolerated(t *testing.T) {
	t.Parallel()
	for _, empty := range events.All() {
		e := envelope(t, filled(empty))
		e.Data = append([]byte(`{"a_field_of_tomorrow":{"x":[1]},`), e.Data[1:]...)
		p, err := e.Decode()
		if err != nil {
			t.Errorf("%s: %v", e.Type, err)
			continue
		}
		if !reflect.DeepEqual(p, filled(empty)) {
			t.Errorf("%s: read as %+v", e.Type, p)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]events.Envelope{
		"an unknown type":       {Type: "paceline.workout.uploaded.v9", Data: []byte(`{}`)},
		"data that is not JSON": {Type: events.TypePing, Data: []byte(`{`)},
		"data of another shape": {Type: events.TypeWorkoutDeleted, Data: []byte(`{"version":"two"}`)},
		"no data":               {Type: events.TypeWorkoutDeleted},
	}
	for name, e := range cases {
		if p, err := e.Decode(); err == nil {
			t.Errorf("%s gives %+v", name, p)
		} else if !strings.Contains(err.Error(), e.Type) {
			t.Errorf("%s: the error does not name the type: %v", name, err)
		}
	}
}

var typeForm = regexp.MustCompile(`^paceline\.[a-z]+(\.[a-z]+)+\.v[1-9][0-9]*$`)

func TestTypesHaveTheDocumentedForm(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range events.All() {
		name := p.EventType()
		if seen[name] {
			t.Errorf("All has %s twice", name)
		}
		seen[name] = true
		if name != events.TypePing && !typeForm.MatchString(name) {
			t.Errorf("%s is not paceline.<subject>.<what>.v<n>", name)
		}
		if reflect.TypeOf(p).Kind() != reflect.Pointer {
			t.Errorf("%s: All must return pointers to decode into", name)
		}
	}
}

// The constants and All agree: a type that only one of them has would be
// undeliverable or unknown.
func TestConstantsAndAllAgree(t *testing.T) {
	t.Parallel()
	declared := constants(t)
	var known []string
	for _, p := range events.All() {
		known = append(known, p.EventType())
	}
	if !slices.Equal(declared, known) {
		t.Errorf("the constants are\n%s\nAll has, in that order,\n%s", strings.Join(declared, "\n"), strings.Join(known, "\n"))
	}
}

func TestPayloadsNameTheirThingAndPerson(t *testing.T) {
	t.Parallel()
	for _, empty := range events.All() {
		p := filled(empty)
		if p.Subject() == "" {
			t.Errorf("%s has no subject", p.EventType())
		}
		ofNobody := p.EventType() == events.TypePing || strings.HasPrefix(p.EventType(), "paceline.security.") || p.EventType() == events.TypeAuditRecorded
		if p.PartitionKey() == "" && !ofNobody {
			t.Errorf("%s has no partition key", p.EventType())
		}
	}
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	ctx := events.WithCause(context.Background(), events.Cause{ID: "cause", Traceparent: "00-trace-01"})
	p := events.WorkoutDeleted{WorkoutID: "w", UserID: "ann", Version: 2}
	e, err := events.New(ctx, "upload", p, at.In(time.FixedZone("", 7200)))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(e.SpecVersion, e.Source, e.Type, e.Subject, e.PartitionKey, e.DataContentType, e.DataSchema, e.Traceparent, e.Time)
	want := fmt.Sprint("1.0", "/functions/upload", p.EventType(), "w", "ann", "application/json", events.SchemaBase+p.EventType(), "00-trace-01", at)
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func goldenFile(eventType string) string { return filepath.Join("testdata", eventType+".json") }

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test ./events -update writes it)", err)
	}
	return b
}

func envelope(t *testing.T, p events.Payload) events.Envelope {
	t.Helper()
	ctx := events.WithCause(context.Background(), events.Cause{ID: "golden", Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
	e, err := events.New(ctx, "golden", p, at)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func indented(t *testing.T, e events.Envelope) []byte {
	t.Helper()
	b, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

// constants are the values of all TypeX constants of the package, in order.
func constants(t *testing.T) []string {
	t.Helper()
	src := read(t, "types.go")
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^\tType\w+\s*=\s*"([^"]+)"`).FindAllSubmatch(src, -1) {
		out = append(out, string(m[1]))
	}
	return out
}

// members are the paths of all members of a JSON value.
func members(t *testing.T, data []byte) map[string]bool {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, value := range v {
				out[path+"/"+name] = true
				walk(path+"/"+name, value)
			}
		case []any:
			for _, item := range v {
				walk(path+"/*", item)
			}
		}
	}
	walk("", v)
	return out
}
