package main

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Schema is a JSON Schema that is valid as draft 7 and 2020-12. It refers to
// nothing outside itself, so that its $id can be its name.
type Schema map[string]any

// schemaOf is the schema of what encoding/json makes of t. Fields of tomorrow
// are allowed; a field that may be absent is not required.
func schemaOf(t reflect.Type, text docs) (Schema, error) {
	if t == reflect.TypeFor[time.Time]() {
		return Schema{"type": "string", "format": "date-time"}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return Schema{"type": "string"}, nil
	case reflect.Bool:
		return Schema{"type": "boolean"}, nil
	case reflect.Int, reflect.Int64:
		return Schema{"type": "integer"}, nil
	case reflect.Float64:
		return Schema{"type": "number"}, nil
	case reflect.Pointer:
		return schemaOf(t.Elem(), text)
	case reflect.Slice:
		items, err := schemaOf(t.Elem(), text)
		return Schema{"type": "array", "items": items}, err
	case reflect.Map:
		values, err := schemaOf(t.Elem(), text)
		return Schema{"type": "object", "additionalProperties": values}, err
	case reflect.Struct:
		properties, required := map[string]any{}, []string{}
		if err := addFields(t, text, properties, &required); err != nil {
			return nil, err
		}
		s := Schema{"type": "object", "properties": properties}
		if len(required) > 0 {
			s["required"] = required
		}
		return s, nil
	default:
		return nil, fmt.Errorf("no JSON Schema for a %s", t)
	}
}

// addFields adds the fields of a struct and, as encoding/json does, those of
// the structs embedded in it.
func addFields(t reflect.Type, text docs, properties map[string]any, required *[]string) error {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			if err := addFields(f.Type, text, properties, required); err != nil {
				return err
			}
			continue
		}
		if name == "" || name == "-" || properties[name] != nil {
			return fmt.Errorf("%s.%s: the JSON name %q is none, or taken", t, f.Name, name)
		}
		s, err := schemaOf(f.Type, text)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", t, f.Name, err)
		}
		optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		if !optional {
			*required = append(*required, name)
		}
		if nilable := f.Type.Kind() == reflect.Pointer || f.Type.Kind() == reflect.Slice || f.Type.Kind() == reflect.Map; nilable && !optional {
			s["type"] = []string{s["type"].(string), "null"}
		}
		if f.Tag.Get("sealed") == "true" {
			s["x-sealed"] = true
		}
		if d := describe(f, t, text); d != "" {
			s["description"] = d
		}
		properties[name] = s
	}
	return nil
}

// describe is the field's comment, or that of its type when that is ours.
func describe(f reflect.StructField, of reflect.Type, text docs) string {
	if d := text[of.Name()+"."+f.Name]; d != "" {
		return d
	}
	t := f.Type
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.PkgPath() == of.PkgPath() {
		return text.sentence(t.Name())
	}
	return ""
}
