package watch

import (
	"fmt"
	"testing"
	"time"

	"paceline/events"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func ruleOf(t *testing.T, id string) rule {
	t.Helper()
	for _, r := range rules {
		if r.id == id {
			return r
		}
	}
	t.Fatalf("no rule %s", id)
	return rule{}
}

// signals makes n signals that a rule counts, from different everything when
// the rule asks for that, one each step.
func signals(r rule, n int, step time.Duration) []events.SecuritySignal {
	all := make([]events.SecuritySignal, n)
	for i := range all {
		s := events.SecuritySignal{
			SignalID: fmt.Sprint("s", i), Name: r.names[0], Level: "warn", Function: "gateway",
			ActorID: "01ANN", TargetID: "01BEN", Address: "192.0.2.1", Count: 1, At: noon.Add(time.Duration(i) * step),
		}
		other := fmt.Sprintf("198.51.100.%d", i)
		switch r.distinct {
		case byAddress:
			s.Address = other
		case byTarget:
			s.TargetID = other
		}
		all[i] = s
	}
	return all
}

// Each rule fires at its number, not before, and not when it takes too long.
func TestEveryRuleFiresAtItsNumber(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		quick, slow := r.within/time.Duration(2*r.count+1), r.within*11/10/time.Duration(max(r.count-1, 1))
		var w Window
		for i, s := range signals(r, r.count, quick) {
			if r.concerns(s) == "" {
				t.Errorf("%s: its own signal does not concern it", r.id)
			}
			w.add(r, s, s.At)
			if fires := w.judge(r, s.At, s.SignalID); fires != (i+1 == r.count) {
				t.Errorf("%s after %d of %d: fires %v", r.id, i+1, r.count, fires)
			}
		}
		if r.count == 1 {
			continue
		}
		var late Window
		for i, s := range signals(r, r.count, slow) {
			late.add(r, s, s.At)
			if late.judge(r, s.At, s.SignalID) {
				t.Errorf("%s fires after %d in %s", r.id, i+1, time.Duration(i)*slow)
			}
		}
	}
}

func TestWhatDiffersCountsOnce(t *testing.T) {
	t.Parallel()
	r := ruleOf(t, "stuffing-one-source")
	var w Window
	for i := range 100 {
		s := signals(r, 1, 0)[0]
		s.At = noon.Add(time.Duration(i) * time.Second)
		w.add(r, s, s.At)
		if w.judge(r, s.At, "a") {
			t.Fatal("one account, however often, is not stuffing")
		}
	}
	for i, s := range signals(r, 1000, 0) {
		w.add(r, s, noon)
		if len(w.Distinct) > 2*r.count {
			t.Fatalf("%d after %d: a window is bounded", len(w.Distinct), i)
		}
	}
}

func TestManyAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	r := ruleOf(t, "flood")
	var w Window
	s := signals(r, 1, 0)[0]
	s.Count = 100
	w.add(r, s, noon)
	if !w.judge(r, noon, "a") {
		t.Error("100 in one signal are not 100")
	}
	old := s
	old.At = noon.Add(-time.Hour)
	var quiet Window
	quiet.add(r, old, noon)
	if quiet.total() != 0 {
		t.Error("what is old counts")
	}
}

func TestAnAlertIsSaidOnceAndAgainWhileItGoesOn(t *testing.T) {
	t.Parallel()
	r := ruleOf(t, "forged-event")
	var w Window
	said := map[string]int{}
	for i := range 30 { // one a minute
		now := noon.Add(time.Duration(i) * time.Minute)
		s := signals(r, 1, 0)[0]
		s.At, s.SignalID = now, fmt.Sprint("s", i)
		w.add(r, s, now)
		if w.judge(r, now, s.SignalID) {
			said[w.Alert.ID]++
		}
	}
	if fmt.Sprint(said) != "map[s0:6]" {
		t.Errorf("%v, want one alert that is said each five minutes", said)
	}
	later := noon.Add(3 * time.Hour)
	s := signals(r, 1, 0)[0]
	s.At = later
	w.add(r, s, later)
	if !w.judge(r, later, "another") || w.Alert.ID != "another" || w.Alert.FirstAt != later {
		t.Errorf("after it ended: %+v", w.Alert)
	}
}
