package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"sigs.k8s.io/yaml"

	"paceline/events"
	"paceline/knative"
	"paceline/shared/broker/manifest"
)

const root = "../.."

func rowsOf(t *testing.T) []Row {
	t.Helper()
	rows, err := read(root)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestFilesAreWhatWouldBeWritten(t *testing.T) {
	t.Parallel()
	files, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run make generate", name)
		}
	}
	if !bytes.Equal(events.AsyncAPI, files["events/asyncapi.yaml"]) {
		t.Error("events.AsyncAPI is another document")
	}
}

func TestRowsKnowWhoSendsAndWhoHears(t *testing.T) {
	t.Parallel()
	rows := rowsOf(t)
	if len(rows) != len(events.All()) {
		t.Errorf("%d rows for %d types", len(rows), len(events.All()))
	}
	of := map[string]Row{}
	for _, r := range rows {
		of[r.Type] = r
	}
	if r := of[events.TypeMailRequested]; !slices.Equal(r.Sources(), []string{"/functions/accounts", "/functions/notify", "/functions/watch"}) || !slices.Equal(r.Listeners, []string{"mail"}) {
		t.Errorf("mail.requested comes from %v and goes to %v", r.Sources(), r.Listeners)
	}
	if r := of[events.TypePing]; !slices.Equal(r.Sources(), []string{"/apis/v1/namespaces/paceline/pingsources/sweep"}) || r.DataSchema() != "" {
		t.Errorf("the ping comes from %v with the schema %q", r.Sources(), r.DataSchema())
	}
	if r := of[events.TypeNotificationCreated]; len(r.Listeners) != 0 || r.Description != "A person has a new notification in the app." {
		t.Errorf("notification.created is %q and goes to %v", r.Description, r.Listeners)
	}
}

// The local platform takes the file, and each type of each sender is in it once.
func TestEventTypesAreTheRows(t *testing.T) {
	t.Parallel()
	rows := rowsOf(t)
	set, err := manifest.Load(knative.Manifests)
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, e := range set.EventTypes {
		got = append(got, strings.Join([]string{e.Value("type"), e.Value("source"), e.Value("schemadata"), e.Spec.Description}, " "))
	}
	for _, r := range rows {
		for _, source := range r.Sources() {
			want = append(want, strings.Join([]string{r.Type, source, r.DataSchema(), r.Description}, " "))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the file has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A type that is new has Triggers before it has an EventType: the old file is
// not read.
func TestTheOldFileIsNoReason(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"eventtypes.yaml": {Data: []byte("what is this?")}, "broker.yaml": {Data: []byte("")}}
	if _, err := manifest.Load(without{files, "eventtypes.yaml"}); err != nil {
		t.Error(err)
	}
	if _, err := manifest.Load(files); err == nil {
		t.Error("the old file is taken: the test shows nothing")
	}
}

func TestMakers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, code := range map[string]string{
		"a/a.go":            `var x = events.Made{}`,
		"a/deep/b.go":       `func f() any { return &events.Made{ID: "1"} }`,
		"b/b.go":            `var x, y = []any{events.Made{}}, other.Other{}`,
		"b/b_test.go":       `var x = events.OnlyInTests{}`,
		"b/btest/b.go":      `var x = events.OnlyInTests{}`,
		"b/testdata/b.go":   `var x = events.OnlyInTests{}`,
		"b/local.go":        `func f(e events.Heard) events.Heard { return e }`,
		"cmd/dev/main.go":   `var x = events.OnlyInMains{}`,
		"b/notes/README.md": `events.Made{}`,
	} {
		put(t, filepath.Join(dir, name), "package p\n"+code)
	}
	got, err := makers(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || !slices.Equal(got["Made"], []string{"a", "b"}) {
		t.Errorf("makers are %v", got)
	}
	put(t, filepath.Join(dir, "c/c.go"), "no Go")
	if _, err := makers(dir); err == nil {
		t.Error("code that cannot be read is passed over")
	}
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for comment, want := range map[string]string{
		"X says that a follow holds.":     "A follow holds.",
		"X is what somebody\nsends. Ah.":  "What somebody sends. Ah.",
		"X asks for one mail.":            "Asks for one mail.",
		"X are the figures of a workout.": "The figures of a workout.",
		"":                                "",
	} {
		if got := (docs{"X": oneLine(comment)}).sentence("X"); got != want {
			t.Errorf("%q becomes %q, want %q", comment, got, want)
		}
	}
}

// Every reference leads somewhere, and every message has a sender.
func TestReferencesLeadSomewhere(t *testing.T) {
	t.Parallel()
	doc := asyncDocument(t)
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if to, ok := v["$ref"].(string); ok && lookup(doc, strings.Split(strings.TrimPrefix(to, "#/"), "/")...) == nil {
				t.Errorf("%s leads nowhere", to)
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(doc)
	sent := map[string]bool{}
	for _, op := range lookup(doc, "operations").(map[string]any) {
		if op := op.(map[string]any); op["action"] == "send" {
			sent[lookup(op, "channel", "$ref").(string)] = true
		}
	}
	for name := range lookup(doc, "channels").(map[string]any) {
		if !sent["#/channels/"+name] {
			t.Errorf("nobody sends %s", name)
		}
	}
}

func asyncDocument(t *testing.T) map[string]any {
	t.Helper()
	b, err := yaml.YAMLToJSONStrict(events.AsyncAPI)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// lookup is what lies at a path, or nil.
func lookup(v any, path ...string) any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}
