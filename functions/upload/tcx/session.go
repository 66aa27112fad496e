package tcx

import "paceline/shared/track"

// session adds up the laps of t. Elapsed time is first start
// to last end, of a file that says how long the timer ran.
func session(t *track.Track) track.Totals {
	var s track.Totals
	if len(t.Laps) == 0 {
		return s
	}
	of := func(get func(*track.Totals) *float64) []*float64 {
		values := make([]*float64, len(t.Laps))
		for i := range t.Laps {
			values[i] = get(&t.Laps[i].Totals)
		}
		return values
	}
	timer := of(func(l *track.Totals) *float64 { return l.TimerS })
	s.TimerS = sum(timer)
	if s.TimerS != nil {
		s.ElapsedS = track.Some(max(*s.TimerS, float64(t.Laps[len(t.Laps)-1].EndMS-t.Laps[0].StartMS)/1000))
	}
	s.DistanceM = sum(of(func(l *track.Totals) *float64 { return l.DistanceM }))
	if s.DistanceM != nil && *s.DistanceM == 0 && t.Samples.DistanceM == nil {
		s.DistanceM = nil // a device without a distance writes 0
	}
	s.CaloriesKcal = sum(of(func(l *track.Totals) *float64 { return l.CaloriesKcal }))
	s.MaxSpeedMPS = greatest(of(func(l *track.Totals) *float64 { return l.MaxSpeedMPS }))
	s.MaxHeartRateBPM = greatest(of(func(l *track.Totals) *float64 { return l.MaxHeartRateBPM }))
	s.MaxCadenceRPM = greatest(of(func(l *track.Totals) *float64 { return l.MaxCadenceRPM }))
	s.MaxPowerW = greatest(of(func(l *track.Totals) *float64 { return l.MaxPowerW }))
	s.AvgHeartRateBPM = weighted(of(func(l *track.Totals) *float64 { return l.AvgHeartRateBPM }), timer)
	s.AvgCadenceRPM = weighted(of(func(l *track.Totals) *float64 { return l.AvgCadenceRPM }), timer)
	s.AvgPowerW = weighted(of(func(l *track.Totals) *float64 { return l.AvgPowerW }), timer)
	s.AvgSpeedMPS = weighted(of(func(l *track.Totals) *float64 { return l.AvgSpeedMPS }), timer)
	return s
}

// sum adds what is there, nil when nothing is.
func sum(values []*float64) *float64 {
	var total *float64
	for _, v := range values {
		if v == nil {
			continue
		}
		if total == nil {
			total = new(float64)
		}
		*total += *v
	}
	return total
}

func greatest(values []*float64) *float64 {
	var top *float64
	for _, v := range values {
		if v != nil && (top == nil || *v > *top) {
			w := *v
			top = &w
		}
	}
	return top
}

// weighted is the mean over the laps that have the value, each with its timer
// time as weight; nil when the laps with a value are less than half of the
// time, for then it is not the mean of the whole.
func weighted(values, seconds []*float64) *float64 {
	var mean, weight, all float64
	for i, v := range values {
		if seconds[i] == nil {
			continue
		}
		all += *seconds[i]
		if v != nil && *seconds[i] > 0 {
			weight += *seconds[i]
			mean += (*v - mean) * (*seconds[i] / weight) // exact when all are equal
		}
	}
	if weight <= 0 || weight < all/2 {
		return nil
	}
	return track.Some(mean)
}
