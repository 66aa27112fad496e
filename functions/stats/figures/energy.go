package figures

const (
	// grossEfficiency is the share of a cyclist's energy that reaches the
	// pedals, 20 to 25 % in trained people; with 24 % one kJ of work is one
	// kcal of energy.
	grossEfficiency = 0.24
	// runningKcal is the cost of running a kilometre on the flat, in kcal a kg
	// of body weight, at any speed (Margaria and others, J Appl Physiol 1963).
	runningKcal = 1.0
	kJPerKcal   = 4.184
)

// metabolic is the energy of a sport at a usual effort, in kcal a kg and hour
// (MET): the values that the Compendium of Physical Activities (Ainsworth and
// others, Med Sci Sports Exerc 2011) has for "general" or "moderate effort".
var metabolic = map[string]float64{
	"cycling": 7.5, "walking": 3.5, "hiking": 6, "swimming": 6, "rowing": 7, "cross_country_skiing": 9, "alpine_skiing": 5.3,
	"snowboarding": 5.3, "inline_skating": 7, "ice_skating": 7, "training": 5, "fitness_equipment": 5, "yoga": 2.5, "soccer": 7,
	"tennis": 7.3, "basketball": 6.5, "snowshoeing": 5.3, "mountaineering": 8, "kayaking": 5, "paddling": 5, "stand_up_paddleboarding": 6,
	"golf": 4.3, "horseback_riding": 5.5,
}

// energy is the device's; else of a cyclist with a power meter that of the work
// done, else by heart rate where weight, age and sex are known, else of a runner
// of known weight that of the way, else the usual one of the sport over the
// time moved. From nothing it is not computed.
func (w *workout) energy(beats *pulse) {
	if w.sane(&w.CaloriesKcal, "calories_kcal", positive(w.device.CaloriesKcal, 100_000)) {
		return
	}
	if w.t.Sport == "cycling" && w.WorkKJ != nil {
		w.set(&w.CaloriesKcal, "calories_kcal", *w.WorkKJ/kJPerKcal/grossEfficiency, "power_work")
		return
	}
	if v, ok := beats.keytel(w.a); ok {
		w.set(&w.CaloriesKcal, "calories_kcal", v, "keytel_2005")
		return
	}
	weight := within(w.a.WeightKG, 20, 400)
	if weight == nil {
		return
	}
	met := metabolic[w.t.Sport]
	switch {
	case w.t.Sport == "running" && w.DistanceM != nil:
		w.set(&w.CaloriesKcal, "calories_kcal", runningKcal**weight**w.DistanceM/1000, "running_1kcal_kg_km")
	case met > 0 && either(w.MovingTimeS, w.TimerTimeS) != nil: // not the time of a break
		w.set(&w.CaloriesKcal, "calories_kcal", met**weight**either(w.MovingTimeS, w.TimerTimeS)/3600, "met")
	}
}

// keytel is the energy by heart rate of Keytel and others (2005), in kcal:
// for each minute a line of heart rate, weight and age, made from people of 18
// to 45 years at 90 to 150 beats a minute. Below about 90 the line of men falls
// under zero, where it counts as nothing.
func (p *pulse) keytel(a Athlete) (float64, bool) {
	weight, age := within(a.WeightKG, 20, 400), within(a.AgeYears, 10, 110)
	if !p.known || weight == nil || age == nil {
		return 0, false
	}
	var line func(bpm float64) float64
	switch a.Sex {
	case Male:
		line = func(bpm float64) float64 { return -55.0969 + 0.6309*bpm + 0.1988**weight + 0.2017**age }
	case Female: // the weight counts against: GoldenCheetah's code has the sign wrong
		line = func(bpm float64) float64 { return -20.4022 + 0.4472*bpm - 0.1263**weight + 0.074**age }
	default:
		return 0, false
	}
	return p.over(func(bpm float64) float64 { return max(0, line(bpm)/kJPerKcal) }), true
}
