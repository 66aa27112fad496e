package stats

import (
	"cmp"
	"net/http"
	"slices"

	"paceline/functions/stats/figures"
	"paceline/shared/api"
	"paceline/shared/function/rest"
	"paceline/shared/privacy"
)

// analysed is the analysis of a workout that the caller may see, and whose it
// is. Of another person's that begins or ends in a privacy zone it is that of the
// part that shows: the time in zones, less the samples that others see, is how
// long it was to the door.
func (f *stats) analysed(r *http.Request) (kept, seen, error) {
	found, err := f.readable(r)
	if err != nil {
		return kept{}, found, err
	}
	var k kept
	user := found.Workout.UserID
	_, err = f.workouts.GetSealed(r.Context(), user, f.workouts.Key(user, "analysis", found.Workout.WorkoutID), &k)
	if err != nil || found.by.Owner {
		return k, found, err
	}
	hiding, err := f.workouts.hiding(r.Context(), user)
	if err != nil || !hiding.ends(found.Ends) {
		return k, found, err
	}
	tr, err := f.recorded(r.Context(), found)
	if err != nil {
		return kept{}, found, err
	}
	shown := figures.Analyse(hiding.mask(tr), k.Basis.Athlete)
	k.Peaks, k.Zones = shown.Peaks, shown.Zones
	return k, found, nil
}

func (f *stats) efforts(w http.ResponseWriter, r *http.Request) error {
	k, found, err := f.analysed(r)
	if err != nil {
		return err
	}
	out := api.EffortList{Items: []api.Effort{}}
	for _, p := range k.Peaks {
		if p.Kind != figures.ByTotal && (p.Kind != figures.ByPower || found.shows(privacy.Power)) {
			out.Items = append(out.Items, effort(p))
		}
	}
	slices.SortStableFunc(out.Items, func(a, b api.Effort) int { return cmp.Compare(a.Kind, b.Kind) })
	return rest.JSON(w, http.StatusOK, out)
}

// effort is a peak as the API shows it.
func effort(p figures.Peak) api.Effort {
	out := api.Effort{Kind: api.PeakKind(p.Kind), StartS: p.StartS, Counts: p.Doubt == "", Doubt: p.Doubt}
	switch p.Kind {
	case figures.ByDistance:
		speed := p.Over / p.Value
		out.DistanceM, out.ElapsedTimeS, out.AvgSpeedMPS = &p.Over, &p.Value, &speed
	case figures.ByTime:
		speed := p.Value / p.Over
		out.DistanceM, out.ElapsedTimeS, out.AvgSpeedMPS = &p.Value, &p.Over, &speed
	case figures.ByPower:
		out.ElapsedTimeS, out.PowerW = &p.Over, &p.Value
	}
	return out
}

func (f *stats) zones(w http.ResponseWriter, r *http.Request) error {
	k, found, err := f.analysed(r)
	if err != nil {
		return err
	}
	out := api.ZonesList{Items: []api.Zones{}, Basis: k.Basis.answer()}
	found.redact(&out.Basis)
	for _, z := range k.Zones {
		if part, hidden := zoneParts[api.ZoneKind(z.Kind)]; hidden && !found.shows(part) {
			continue
		}
		one := api.Zones{Kind: api.ZoneKind(z.Kind), Method: z.Method, Zones: make([]api.Zone, len(z.TimeS))}
		for i, s := range z.TimeS {
			one.Zones[i] = api.Zone{Index: i + 1, TimeS: s}
			if i > 0 {
				one.Zones[i].From = &z.FromAt[i-1]
			}
			if i < len(z.FromAt) {
				one.Zones[i].To = &z.FromAt[i]
			}
		}
		out.Items = append(out.Items, one)
	}
	return rest.JSON(w, http.StatusOK, out)
}

// zoneParts is the parts of a workout that zones of a kind tell of.
var zoneParts = map[api.ZoneKind]privacy.Part{api.ZoneKindHeartRate: privacy.HeartRate, api.ZoneKindPower: privacy.Power}

// answer is the basis as the API shows it to the owner.
func (b Basis) answer() api.Basis {
	settings := api.AthleteBasis(b.Athlete)
	return api.Basis{Formula: b.Formula, Sport: b.Sport, SubSport: b.SubSport, SourceSHA256: b.SourceSHA256, Settings: &settings}
}

func (f *stats) climbs(w http.ResponseWriter, r *http.Request) error {
	tr, _, err := f.samples(r)
	if err != nil {
		return err
	}
	out := api.ClimbList{Items: []api.Climb{}}
	for _, c := range figures.Climbs(tr) {
		out.Items = append(out.Items, api.Climb(c))
	}
	return rest.JSON(w, http.StatusOK, out)
}

func (f *stats) pauses(w http.ResponseWriter, r *http.Request) error {
	tr, _, err := f.samples(r)
	if err != nil {
		return err
	}
	out := api.PauseList{Items: []api.Pause{}}
	for _, p := range figures.Pauses(tr) {
		out.Items = append(out.Items, api.Pause(p))
	}
	return rest.JSON(w, http.StatusOK, out)
}

func (f *stats) sets(w http.ResponseWriter, r *http.Request) error {
	tr, _, err := f.samples(r)
	if err != nil {
		return err
	}
	out := api.StrengthSetList{Items: []api.StrengthSet{}}
	for _, s := range figures.StrengthSets(tr) {
		out.Items = append(out.Items, api.StrengthSet(s))
	}
	return rest.JSON(w, http.StatusOK, out)
}

func (f *stats) lengths(w http.ResponseWriter, r *http.Request) error {
	tr, _, err := f.samples(r)
	if err != nil {
		return err
	}
	out := api.PoolLengthList{Items: []api.PoolLength{}}
	for _, l := range figures.PoolLengths(tr) {
		out.Items = append(out.Items, api.PoolLength(l))
	}
	return rest.JSON(w, http.StatusOK, out)
}
