package privacy_test

import (
	"testing"

	"paceline/events"
	"paceline/shared/privacy"
)

// Whatever a run of 5,123 m was before the last minute of it: what others see of
// its totals is the same.
func TestCoarseFiguresDoNotTellTheLastMinute(t *testing.T) {
	t.Parallel()
	of := func(metres, seconds float64) events.Stats {
		v := func(x float64) *float64 { return &x }
		mps := metres / seconds
		return events.Stats{
			DistanceM: v(metres), ElapsedTimeS: v(seconds), TimerTimeS: v(seconds), MovingTimeS: v(seconds), AvgSpeedMPS: v(mps), AvgMovingSpeed: v(mps),
			GradeAdjustedSpeedMPS: v(mps), CaloriesKcal: v(seconds / 5), WorkKJ: v(seconds / 4), TrainingLoad: v(seconds / 36), TRIMP: v(seconds / 40), Points: int(seconds),
		}
	}
	a, b := privacy.Coarse(of(5123, 1620)), privacy.Coarse(of(5123-180, 1620-60))
	for name, pair := range map[string][2]*float64{
		"distance": {a.DistanceM, b.DistanceM}, "elapsed": {a.ElapsedTimeS, b.ElapsedTimeS}, "timer": {a.TimerTimeS, b.TimerTimeS},
		"moving": {a.MovingTimeS, b.MovingTimeS}, "speed": {a.AvgSpeedMPS, b.AvgSpeedMPS}, "moving speed": {a.AvgMovingSpeed, b.AvgMovingSpeed},
		"flat speed": {a.GradeAdjustedSpeedMPS, b.GradeAdjustedSpeedMPS}, "energy": {a.CaloriesKcal, b.CaloriesKcal}, "work": {a.WorkKJ, b.WorkKJ},
		"load": {a.TrainingLoad, b.TrainingLoad}, "impulse": {a.TRIMP, b.TRIMP},
	} {
		if pair[0] == nil || pair[1] == nil || *pair[0] != *pair[1] {
			t.Errorf("%s tells the two apart: %v, %v", name, *pair[0], *pair[1])
		}
	}
	if a.Points != b.Points || *a.DistanceM != 5000 {
		t.Errorf("%d and %d samples of %v m", a.Points, b.Points, *a.DistanceM)
	}
	if short := privacy.Coarse(of(200, 70)); short.DistanceM != nil || short.MovingTimeS != nil {
		t.Errorf("a distance of nothing: %+v", short)
	}
}
