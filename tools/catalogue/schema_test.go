package main

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"paceline/events"
)

// compile makes a validator of a schema; formats count.
func compile(t *testing.T, schema any) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("test:///schema", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("test:///schema")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The examples are the golden events, and fit the schemas beside them. What
// lacks a field that is always there, or has one of another kind, does not;
// what has a field of tomorrow does.
func TestExamplesFitTheirSchemas(t *testing.T) {
	t.Parallel()
	doc := asyncDocument(t)
	for _, p := range events.All() {
		message := lookup(doc, "components", "messages", p.EventType())
		example := lookup(message, "examples").([]any)[0]
		for _, part := range []string{"payload", "headers"} {
			schema := lookup(message, part)
			s := compile(t, schema)
			good := lookup(example, part).(map[string]any)
			if err := s.Validate(good); err != nil {
				t.Errorf("%s: the golden %s: %v", p.EventType(), part, err)
			}
			more := maps.Clone(good)
			more["of_tomorrow"] = []any{1}
			if err := s.Validate(more); err != nil {
				t.Errorf("%s: a field of tomorrow in the %s: %v", p.EventType(), part, err)
			}
			for _, name := range lookup(schema, "required").([]any) {
				less, other := maps.Clone(good), maps.Clone(good)
				delete(less, name.(string))
				other[name.(string)] = []any{map[string]any{"x": true}, 1, "x"}
				if s.Validate(less) == nil || s.Validate(other) == nil {
					t.Errorf("%s: the %s may do without %s, or have anything there", p.EventType(), part, name)
				}
			}
		}
	}
}

// A reader that looks for an event's dataschema finds it.
func TestTheDataschemaOfEveryEventIsThere(t *testing.T) {
	t.Parallel()
	doc := asyncDocument(t)
	ids := map[string]string{}
	for name, m := range lookup(doc, "components", "messages").(map[string]any) {
		if id, ok := lookup(m, "payload", "$id").(string); ok {
			ids[id] = name
		}
	}
	ctx := events.WithCause(context.Background(), events.Cause{ID: "cause"})
	for _, p := range events.All() {
		e, err := events.New(ctx, "golden", p, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		if p.EventType() != events.TypePing && ids[e.DataSchema] != e.Type {
			t.Errorf("%s has the dataschema %s, which is that of %q", e.Type, e.DataSchema, ids[e.DataSchema])
		}
	}
}

type Inner struct {
	Always string `json:"always"`
	Maybe  *int   `json:"maybe,omitempty"`
}

type outer struct {
	Inner
	At     time.Time         `json:"at"`
	List   []Inner           `json:"list"`
	Rest   []string          `json:"rest,omitempty"`
	Null   *bool             `json:"null"`
	Labels map[string]string `json:"labels,omitzero"`
}

func TestSchemaIsWhatEncodingJSONWrites(t *testing.T) {
	t.Parallel()
	schema, err := schemaOf(reflect.TypeFor[outer](), docs{"Inner": "Inner is a part.", "outer.At": "when"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"properties":{` +
		`"always":{"type":"string"},` +
		`"at":{"description":"when","format":"date-time","type":"string"},` +
		`"labels":{"additionalProperties":{"type":"string"},"type":"object"},` +
		`"list":{"description":"A part.","items":{"properties":{"always":{"type":"string"},"maybe":{"type":"integer"}},"required":["always"],"type":"object"},"type":["array","null"]},` +
		`"maybe":{"type":"integer"},` +
		`"null":{"type":["boolean","null"]},` +
		`"rest":{"items":{"type":"string"},"type":"array"}},` +
		`"required":["always","at","list","null"],"type":"object"}`
	if string(b) != want {
		t.Errorf("the schema is\n%s\nwant\n%s", b, want)
	}
	one, yes := 1, true
	for _, v := range []outer{{}, {Inner: Inner{"a", &one}, List: []Inner{{}}, Rest: []string{"x"}, Null: &yes, Labels: map[string]string{}}} {
		var data, plain any
		written, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if json.Unmarshal(written, &data) != nil || json.Unmarshal(b, &plain) != nil {
			t.Fatal("not JSON")
		}
		if err := compile(t, plain).Validate(data); err != nil {
			t.Errorf("%s: %v", written, err)
		}
	}
}

func TestWhatHasNoSchemaIsNamed(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]any{
		"Wires: no JSON Schema for a chan int": struct {
			Wires chan int `json:"wires"`
		}{},
		"Any: no JSON Schema for a interface": struct {
			Any []any `json:"any"`
		}{},
		"Bare: the JSON name \"\" is none": struct{ Bare string }{},
		"Always: the JSON name \"always\" is": struct {
			Inner
			Always string `json:"always"`
		}{},
		"Hidden: the JSON name \"-\" is none": struct {
			Hidden int `json:"-"`
		}{},
	} {
		if _, err := schemaOf(reflect.TypeOf(v), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

func TestHeadersNameEveryAttributeOfTheEnvelope(t *testing.T) {
	t.Parallel()
	headers := lookup(asyncDocument(t), "components", "messages", events.TypeWorkoutDeleted, "headers", "properties").(map[string]any)
	for f := range reflect.TypeFor[events.Envelope]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if slices.Contains([]string{"data", "data_base64", "datacontenttype"}, name) { // the body, and Content-Type
			continue
		}
		if headers["ce-"+name] == nil {
			t.Errorf("ce-%s is not described", name)
		}
	}
}
