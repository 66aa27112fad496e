package filter

import (
	"slices"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
)

func uploaded() *event.Event {
	e := event.New()
	e.SetID("1")
	e.SetSource("/functions/upload")
	e.SetType("paceline.workout.uploaded.v1")
	e.SetSubject("w1")
	e.SetExtension("partitionkey", "u1")
	e.SetExtension("priority", int32(3))
	return &e
}

func TestFilters(t *testing.T) {
	t.Parallel()
	typ := func(s string) Spec { return Spec{Exact: map[string]string{"type": s}} }
	const real = "paceline.workout.uploaded.v1"
	cases := map[string]struct {
		specs []Spec
		want  bool
		types []string
	}{
		"an equal type passes":                      {[]Spec{typ(real)}, true, []string{real}},
		"another type does not":                     {[]Spec{typ("x")}, false, []string{"x"}},
		"case matters":                              {[]Spec{typ("Paceline.workout.uploaded.v1")}, false, []string{"Paceline.workout.uploaded.v1"}},
		"an extension is compared as text":          {[]Spec{{Exact: map[string]string{"priority": "3"}}}, true, nil},
		"a missing extension does not pass":         {[]Spec{{Exact: map[string]string{"nothere": "3"}}}, false, nil},
		"a prefix passes":                           {[]Spec{{Prefix: map[string]string{"type": "paceline.workout."}}}, true, nil},
		"another prefix does not":                   {[]Spec{{Prefix: map[string]string{"type": "paceline.social."}}}, false, nil},
		"a prefix of a missing attribute does not":  {[]Spec{{Prefix: map[string]string{"nothere": "a"}}}, false, nil},
		"a suffix passes":                           {[]Spec{{Suffix: map[string]string{"source": "upload"}}}, true, nil},
		"another suffix does not":                   {[]Spec{{Suffix: map[string]string{"source": "stats"}}}, false, nil},
		"all want each":                             {[]Spec{{All: []Spec{typ(real), typ("x")}}}, false, []string{real}},
		"any wants one":                             {[]Spec{{Any: []Spec{typ("x"), typ(real)}}}, true, []string{"x", real}},
		"any with an open branch takes all types":   {[]Spec{{Any: []Spec{typ("x"), {Prefix: map[string]string{"id": "1"}}}}}, true, nil},
		"any of none does not":                      {[]Spec{{Any: []Spec{typ("x"), typ("y")}}}, false, []string{"x", "y"}},
		"not turns it round":                        {[]Spec{{Not: &Spec{Exact: map[string]string{"type": "x"}}}}, true, nil},
		"several filters want each":                 {[]Spec{typ(real), {Prefix: map[string]string{"subject": "x"}}}, false, []string{real}},
		"an expression passes":                      {[]Spec{{CESQL: "type LIKE 'paceline.%' AND subject = 'w1'"}}, true, nil},
		"an expression that is false does not":      {[]Spec{{CESQL: "subject = 'w2'"}}, false, nil},
		"an expression that fails does not":         {[]Spec{{CESQL: "INT(subject) = 1"}}, false, nil},
		"a failing expression does not by negation": {[]Spec{{Not: &Spec{CESQL: "INT(subject) = 1"}}}, false, nil},
		"nor when it stands deeper":                 {[]Spec{{Not: &Spec{Any: []Spec{{CESQL: "INT(subject) = 1"}, typ("x")}}}}, false, nil},
		"a negated expression passes":               {[]Spec{{Not: &Spec{CESQL: "subject = 'w2'"}}}, true, nil},
		"an expression tests presence":              {[]Spec{{CESQL: "EXISTS partitionkey"}}, true, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := All(c.specs)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Match(uploaded()); got != c.want {
				t.Errorf("match is %v, want %v", got, c.want)
			}
			if !slices.Equal(f.Types(), c.types) {
				t.Errorf("types are %v, want %v", f.Types(), c.types)
			}
		})
	}
}

func TestAttributeFilter(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		attributes map[string]string
		want       bool
	}{
		"no attributes pass everything":           {nil, true},
		"an empty value asks for presence":        {map[string]string{"partitionkey": ""}, true},
		"an empty value refuses an absent one":    {map[string]string{"nothere": ""}, false},
		"an absent standard attribute is refused": {map[string]string{"dataschema": ""}, false},
		"all attributes must be equal":            {map[string]string{"subject": "w1", "id": "2"}, false},
		"all equal attributes pass":               {map[string]string{"subject": "w1", "id": "1"}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := Attributes(c.attributes)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Match(uploaded()); got != c.want {
				t.Errorf("match is %v, want %v", got, c.want)
			}
		})
	}
}

func TestWrongFiltersAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]Spec{
		"no dialect":                  {},
		"two dialects":                {CESQL: "TRUE", Exact: map[string]string{"type": "x"}},
		"exact with two attributes":   {Exact: map[string]string{"type": "x", "id": "1"}},
		"exact without a value":       {Exact: map[string]string{"type": ""}},
		"prefix without attributes":   {Prefix: map[string]string{}},
		"a name with a capital":       {Suffix: map[string]string{"Type": "x"}},
		"all of nothing":              {All: []Spec{}},
		"any of nothing":              {Any: []Spec{}},
		"not of nothing":              {Not: &Spec{}},
		"a nested fault":              {Any: []Spec{{All: []Spec{{}}}}},
		"an expression that panics":   {CESQL: "source = /x/"},
		"an expression that is cut":   {CESQL: "type ="},
		"an unknown function":         {CESQL: "NOSUCH(type)"},
		"an expression with a number": {CESQL: "1 + 1"},
		"a negated wrong expression":  {Not: &Spec{CESQL: "type ="}},
	}
	for name, s := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if f, err := All([]Spec{s}); err == nil {
				t.Errorf("compiled; matches an event: %v", f.Match(uploaded()))
			} else {
				t.Log(err)
			}
		})
	}
}
