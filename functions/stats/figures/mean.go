package figures

// bounds say which values of a column are real.
type bounds struct{ min, max float32 }

// What sensors can say. A heart rate of 0 is a lost strap; a cadence of 0 is
// coasting or standing and by Garmin's convention not part of the mean; a
// power of 0 is part of it.
var (
	heartRates   = bounds{25, 250}
	cadences     = bounds{1, 250}
	powers       = bounds{0, 3000}
	temperatures = bounds{-60, 80}
)

// mean is the mean of a column over active time and its highest value. It
// says false when the column has no real value.
//
// Each value holds until the next one (at most for a gap), as devices do it
// that keep a sum at 1 Hz; at an even rate this is the mean of the samples.
func (tl *timeline) mean(column []float32, real bounds) (avg, top float64, ok bool) {
	var sum, weight, plain float64
	count, last := 0, -1
	highest := real.min
	for i, v := range column {
		if !(v >= real.min && v <= real.max) { // NaN too
			if v == 0 && last >= 0 { // excluded, but it ends what held before
				w := float64(tl.betweenMS(last, i))
				sum, weight, last = sum+w*float64(column[last]), weight+w, -1
			}
			continue
		}
		if last >= 0 {
			w := float64(tl.betweenMS(last, i))
			sum, weight = sum+w*float64(column[last]), weight+w
		}
		last = i
		plain += float64(v)
		count++
		highest = max(highest, v)
	}
	if count == 0 {
		return 0, 0, false
	}
	if last >= 0 {
		w := float64(tl.lastMS())
		sum, weight = sum+w*float64(column[last]), weight+w
	}
	if weight == 0 {
		return plain / float64(count), float64(highest), true
	}
	return sum / weight, float64(highest), true
}
