package paceline

import (
	"go/ast"
	"go/parser"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/inventory"
)

// keptStruct is a struct with JSON members in a function's code.
type keptStruct struct {
	file    string
	members []string // "" for an embedded struct
}

// keptStructs is every struct that a function may keep, by package.Type.
func keptStructs(t *testing.T) map[string]keptStruct {
	t.Helper()
	found := map[string]keptStruct{}
	for _, s := range sources(t, parser.SkipObjectResolution) {
		if s.test || unit(s.dir) == "functions/cmd" || !strings.HasPrefix(s.dir, "functions/") {
			continue
		}
		ast.Inspect(s.parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			of, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			k := keptStruct{file: s.file}
			for _, f := range of.Fields.List {
				name, embedded := memberOf(t, f)
				if name != "" || embedded {
					k.members = append(k.members, name)
				}
			}
			if slices.ContainsFunc(k.members, func(m string) bool { return m != "" }) || isDocument(s.parsed.Name.Name+"."+spec.Name.Name) {
				found[s.parsed.Name.Name+"."+spec.Name.Name] = k
			}
			return true
		})
	}
	return found
}

func isDocument(name string) bool {
	return slices.ContainsFunc(inventory.Documents, func(d inventory.Document) bool { return d.Type == name })
}

// memberOf is the JSON name of a field, or that it is embedded.
func memberOf(t *testing.T, f *ast.Field) (name string, embedded bool) {
	t.Helper()
	if f.Tag == nil {
		return "", len(f.Names) == 0
	}
	tag, err := strconv.Unquote(f.Tag.Value)
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ = strings.Cut(reflect.StructTag(tag).Get("json"), ",")
	return strings.TrimPrefix(name, "-"), false
}

// TestInventoryHasEveryDocument is the inventory held to the code: every document is in
// it, and one that is not sealed holds what is harmless only.
func TestInventoryHasEveryDocument(t *testing.T) {
	t.Parallel()
	kept := keptStructs(t)
	for name, k := range kept {
		i := slices.IndexFunc(inventory.Documents, func(d inventory.Document) bool { return d.Type == name })
		if within := inventory.Parts[name]; within != "" {
			if j := slices.IndexFunc(inventory.Documents, func(d inventory.Document) bool { return d.Type == within }); j < 0 || !inventory.Documents[j].Sealed {
				t.Errorf("%s is a part of %s, which is no sealed document", name, within)
			}
			continue
		}
		if i < 0 {
			t.Errorf("%s: %s has JSON members and is not in shared/inventory: say where it is kept, that it is sealed (t.SetSealed), what exports it and how an erasure ends it", k.file, name)
			continue
		}
		d := inventory.Documents[i]
		if d.Key == "" || d.Export == "" || d.Erase == "" {
			t.Errorf("%s: where it is kept, what exports it and how an erasure ends it must be said", name)
		}
		for _, m := range k.members {
			_, of, _ := strings.Cut(name, ".")
			if !d.Sealed && inventory.Harmless[m] == "" && inventory.Harmless[of+"."+m] == "" {
				t.Errorf("%s: %s.%s is neither sealed nor known to be harmless", k.file, name, m)
			}
		}
	}
	for _, d := range inventory.Documents {
		if _, ok := kept[d.Type]; !ok {
			t.Errorf("the inventory has %s, which nobody keeps", d.Type)
		}
	}
	for name := range inventory.Parts {
		if _, ok := kept[name]; !ok {
			t.Errorf("the inventory has %s, which nobody keeps", name)
		}
	}
}

func TestInventoryHasEveryEvent(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, p := range events.All() {
		of := reflect.TypeOf(p).Elem()
		for m := range openMembers(of) {
			used[m], used[of.Name()+"."+m] = true, true
			if inventory.Open[of.Name()] == "" && inventory.Harmless[m] == "" && inventory.Harmless[of.Name()+"."+m] == "" {
				t.Errorf("%s: %s travels as it is: give it the tag sealed:\"true\", or say in shared/inventory why it is harmless", p.EventType(), m)
			}
		}
	}
	for name, k := range keptStructs(t) {
		_, of, _ := strings.Cut(name, ".")
		for _, m := range k.members {
			used[m], used[of+"."+m] = true, true
		}
	}
	for m := range maps.Keys(inventory.Harmless) {
		if !used[m] {
			t.Errorf("the inventory has the harmless member %s, which nobody has", m)
		}
	}
}

// openMembers are the JSON members of t that are not sealed, those of structs
// in it too.
func openMembers(t reflect.Type) map[string]bool {
	open := map[string]bool{}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Tag.Get("sealed") == "true" {
			continue
		}
		of := f.Type
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() == reflect.Struct && of != reflect.TypeFor[time.Time]() {
			maps.Copy(open, openMembers(of))
		}
		if name != "" {
			open[name] = true
		}
	}
	return open
}
