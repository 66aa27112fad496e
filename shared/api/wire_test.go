package api_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"paceline/shared/api"
)

// encoders are the two that our code uses; they differ in what omitempty means.
var encoders = map[string]func(any) ([]byte, error){
	"encoding/json":      json.Marshal,
	"go-json-experiment": func(v any) ([]byte, error) { return jsonv2.Marshal(v) },
}

// The file is the workout that was promised to clients, in its exact form.
func TestWorkoutHasItsPromisedForm(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/workout.json")
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(want, &plain); err != nil {
		t.Fatal(err)
	}
	if err := load(t).Components.Schemas["Workout"].Value.VisitJSON(plain); err != nil {
		t.Errorf("not what the document says: %v", err)
	}
	var w api.Workout
	if err := jsonv2.Unmarshal(want, &w, jsonv2.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, want); err != nil {
		t.Fatal(err)
	}
	for name, encode := range encoders {
		got, err := encode(w)
		if diff := cmp.Diff(compact.String(), string(got)); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestAbsentAndZeroDiffer(t *testing.T) {
	t.Parallel()
	zero, empty, rest := 0.0, "", false
	for name, c := range map[string]struct {
		in   any
		want string
	}{
		"an unknown figure is absent":      {api.FeedStats{}, `{}`},
		"a figure that is 0 is there":      {api.FeedStats{DistanceM: &zero}, `{"distance_m":0}`},
		"an unknown size is absent":        {api.WorkoutSource{Format: "manual"}, `{"format":"manual"}`},
		"a text that stays is absent":      {api.UpdateMeRequest{}, `{}`},
		"a text that is cleared is there":  {api.UpdateMeRequest{Bio: &empty}, `{"bio":""}`},
		"a switch that goes off is there":  {api.UpdateMeRequest{ApproveFollowers: &rest}, `{"approve_followers":false}`},
		"the last page has no next_cursor": {api.UserList{Items: []api.UserSummary{}}, `{"items":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for encoder, encode := range encoders {
				if got, err := encode(c.in); err != nil || string(got) != c.want {
					t.Errorf("%s: got %s, %v; want %s", encoder, got, err, c.want)
				}
			}
		})
	}
}
