package figures

const (
	// grossEfficiency is the share of a cyclist's energy that reaches the
	// pedals, 20 to 25 % in trained people; with 24 % one kJ of work is one
	// kcal of energy.
	grossEfficiency = 0.24
	// runningKcal is Margaria's cost of running a kilometre on the flat, in
	// kcal a kg of body weight, at any speed.
	runningKcal = 1.0
)

// energy is the device's; else on a bicycle with a power meter that of the
// work done, and of a runner of known weight that of the way. From heart rate
// it would need age and sex, and from nothing it is not computed.
func (w *workout) energy() {
	if w.sane(&w.CaloriesKcal, "calories_kcal", positive(w.device.CaloriesKcal, 100_000)) {
		return
	}
	switch {
	case w.t.Sport == "cycling" && w.AvgPowerW != nil && w.TimerTimeS != nil:
		kilojoules := *w.AvgPowerW * *w.TimerTimeS / 1000
		w.set(&w.CaloriesKcal, "calories_kcal", kilojoules/4.184/grossEfficiency, "power_work")
	case w.t.Sport == "running" && w.DistanceM != nil && within(w.a.WeightKG, 20, 400) != nil:
		w.set(&w.CaloriesKcal, "calories_kcal", runningKcal**w.a.WeightKG**w.DistanceM/1000, "running_1kcal_kg_km")
	}
}
