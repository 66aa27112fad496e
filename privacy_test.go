package paceline

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/privacy"
)

var someTime = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// workoutAnswers is every struct that tells of a workout to people besides its owner.
var workoutAnswers = []any{
	api.Workout{}, api.WorkoutSource{}, api.WorkoutStats{}, api.Streams{}, api.Lap{}, api.Split{}, api.Basis{}, api.FeedWorkout{}, api.FeedStats{},
}

func TestEveryMemberIsDecidedOn(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, a := range workoutAnswers {
		of := reflect.TypeOf(a)
		for f := range of.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			own := of.Name() + "." + name
			_, named := privacy.Members[own]
			_, general := privacy.Members[name]
			if used[own], used[name] = true, true; !named && !general {
				t.Errorf("%s has no row in privacy.Members: say whom it tells of what", own)
			}
		}
	}
	for name := range privacy.Members {
		if !used[name] {
			t.Errorf("privacy.Members has %s, which no answer has", name)
		}
	}
}

// Each switch hides exactly the members of its part, and each scope opens them.
func TestEachSwitchHidesItsMembers(t *testing.T) {
	t.Parallel()
	for part, c := range map[privacy.Part]struct {
		w     events.Workout
		scope events.CoachScope
	}{
		privacy.Map:       {events.Workout{HideMap: true}, events.CoachMap},
		privacy.HeartRate: {events.Workout{HideHeartRate: true}, events.CoachHeartRate},
		privacy.Power:     {events.Workout{HidePower: true}, events.CoachPower},
	} {
		for _, v := range []struct {
			who  privacy.Viewer
			sees bool
		}{
			{privacy.Viewer{Owner: true}, true}, {privacy.Viewer{Follows: true}, false}, {privacy.Viewer{Coach: true}, false},
			{privacy.Viewer{Scopes: []events.CoachScope{c.scope}}, false}, {privacy.Viewer{Coach: true, Scopes: []events.CoachScope{c.scope}}, true},
		} {
			for _, a := range workoutAnswers {
				checkMembers(t, v.who, c.w, part, v.sees, a)
			}
		}
	}
}

func checkMembers(t *testing.T, who privacy.Viewer, w events.Workout, hidden privacy.Part, sees bool, answer any) {
	t.Helper()
	p := reflect.New(reflect.TypeOf(answer))
	fillAnswer(p.Elem())
	who.Redact(w, p.Interface())
	for i := range p.Elem().NumField() {
		f := p.Elem().Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		parts, own := privacy.Members[p.Elem().Type().Name()+"."+name]
		if !own {
			parts = privacy.Members[name]
		}
		want := true
		for _, part := range parts {
			switch part {
			case hidden:
				want = want && sees
			case privacy.Original, privacy.Settings:
				want = want && who.Owner
			}
		}
		if got := !p.Elem().Field(i).IsZero(); got != want {
			t.Errorf("%T.%s for %+v of %+v: shown %v, want %v", answer, name, who, w, got, want)
		}
	}
}

// fillAnswer gives every field a value.
func fillAnswer(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillAnswer(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillAnswer(v.Field(i))
			}
		}
		if v.NumField() > 0 && v.Type().String() == "time.Time" {
			v.Set(reflect.ValueOf(someTime))
		}
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	}
}

func TestMethodsOfHiddenFiguresAreHidden(t *testing.T) {
	t.Parallel()
	kept := map[string]string{"distance_m": "gps", "avg_heart_rate_bpm": "device", "training_load": "hrtss"}
	out := api.Workout{Stats: &api.WorkoutStats{Methods: kept}}
	privacy.Viewer{Follows: true}.Redact(events.Workout{HideHeartRate: true}, &out)
	if got := fmt.Sprint(out.Stats.Methods); got != "map[distance_m:gps]" || len(kept) != 3 {
		t.Errorf("methods %s of %v", got, kept)
	}
}
