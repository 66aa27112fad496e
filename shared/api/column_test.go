package api_test

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"

	"paceline/shared/api"
)

func TestColumnWritesNullWhereThereIsNoSample(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   api.Streams
		want string
	}{
		"a gap and an infinity":     {api.Streams{TimeS: api.Column{0, 1.5}, PowerW: api.Column{math.NaN(), math.Inf(1)}}, `{"time_s":[0,1.5],"power_w":[null,null]}`},
		"a column without samples":  {api.Streams{TimeS: api.Column{}}, `{"time_s":[]}`},
		"a tiny and a large number": {api.Streams{TimeS: api.Column{1e-7, 1e21}}, `{"time_s":[0.0000001,1000000000000000000000]}`},
		"no column at all":          {api.Streams{}, `{"time_s":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(c.in)
			if err != nil || string(got) != c.want {
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestColumnReadsBackWhatItWrote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := api.Column(rapid.SliceOf(rapid.OneOf(rapid.Float64(), rapid.Just(math.NaN()))).Draw(t, "column"))
		data, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out api.Column
		if err := json.Unmarshal(data, &out); err != nil || len(out) != len(in) {
			t.Fatalf("%s: %v, %d values of %d", data, err, len(out), len(in))
		}
		for i, v := range in {
			gap := math.IsNaN(v) || math.IsInf(v, 0)
			if gap != math.IsNaN(out[i]) || !gap && out[i] != v {
				t.Fatalf("value %d: %v became %v", i, v, out[i])
			}
		}
	})
}

func TestColumnRefusesWhatIsNotANumber(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{`["1"]`, `{}`, `[true]`, `7`} {
		var c api.Column
		if err := json.Unmarshal([]byte(bad), &c); err == nil {
			t.Errorf("%s was read as %v", bad, c)
		}
	}
}
