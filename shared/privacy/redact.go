package privacy

import (
	"reflect"
	"strings"
	"sync"

	"paceline/events"
)

// Redact takes out of what v points to, a struct with JSON members, whatever the
// viewer does not see of the workout, in structs within it too. A member that
// Members does not have is taken out: it was not decided on.
func (v Viewer) Redact(w events.Workout, of any) {
	if v.Owner {
		return
	}
	v.redact(w, reflect.ValueOf(of).Elem())
}

func (v Viewer) redact(w events.Workout, s reflect.Value) {
	for i, name := range membersOf(s.Type()) {
		f := s.Field(i)
		if !v.showsMember(w, s.Type().Name(), name) {
			f.SetZero()
			continue
		}
		if f.Kind() == reflect.Pointer && !f.IsNil() {
			f = f.Elem()
		}
		switch {
		case name == "methods": // by figure
			v.redactMethods(w, f)
		case f.Kind() == reflect.Struct && (name == "stats" || name == "source"):
			v.redact(w, f)
		}
	}
}

// redactMethods makes a map without what tells of hidden figures: the one that
// is there belongs to the record that it was read from.
func (v Viewer) redactMethods(w events.Workout, f reflect.Value) {
	methods, _ := f.Interface().(map[string]string)
	if len(methods) == 0 {
		return
	}
	left := map[string]string{}
	for figure, method := range methods {
		if v.showsMember(w, "", figure) {
			left[figure] = method
		}
	}
	f.Set(reflect.ValueOf(left))
}

func (v Viewer) showsMember(w events.Workout, of, name string) bool {
	parts, decided := Members[of+"."+name]
	if !decided {
		parts, decided = Members[name]
	}
	for _, p := range parts {
		if !v.Shows(w, p) {
			return false
		}
	}
	return decided
}

// names is the JSON names of the fields of each type, which cost most of the
// time to find.
var names sync.Map // reflect.Type → []string

func membersOf(t reflect.Type) []string {
	if known, ok := names.Load(t); ok {
		return known.([]string) //nolint:forcetypeassert // nothing else is stored
	}
	out := make([]string, t.NumField())
	for i := range out {
		out[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	names.Store(t, out)
	return out
}
