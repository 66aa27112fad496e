// Package figures computes the figures of one workout from its normalised
// track. It is pure: no clock, no I/O, no state; the same track and athlete
// give the same figures, bit by bit, on every run.
//
//	in    a *track.Track (never changed) and what is known of the Athlete
//	out   events.Stats (Compute) with best efforts and time in zones (Analyse),
//	      columns (Streams), laps (Laps), splits (Splits), efforts over any
//	      distance (BestEfforts), Climbs, Pauses, PoolLengths and StrengthSets
//	bad   nothing is an error here: a figure that the track does not support
//	      is absent, never 0, and Stats.Methods has no entry for it
//
// # Who wins
//
// The device's own session totals win where the file has them and they are
// sane; device.go holds the checks, each beside its reason. A file without a
// session but with laps (TCX) is read by the sums of its laps. Otherwise the
// figure is computed from the samples. Stats.Methods says which it was:
//
//	device, device_laps           the file's own totals
//	device_samples                the device's cumulative distance column
//	gps, speed                    distance along the positions, or under the speed
//	samples                       the samples of the same name
//	distance                      moving by the way between samples
//	cadence, power                moving while the cranks turned
//	distance_by_timer             mean speed, as FIT defines it
//	distance_by_moving            mean speed of the moving time
//	hysteresis_3m, hysteresis_10m elevation by barometer, by GPS
//	rolling_30s, ftp              normalised power, and by the athlete's FTP
//	tss, hrtss, trimp             training load, the first that is known; the
//	                              device's own comes after tss
//	power_work                    energy: work by a gross efficiency of 24 %
//	keytel_2005                   energy by heart rate, weight, age and sex
//	running_1kcal_kg_km           energy: weight times way
//	met                           energy: weight times moving time, by sport
//	minetti_2002                  the flat speed of the same energy
//	np_by_heart_rate, speed_by_heart_rate, power_by_heart_rate
//	                              efficiency, and its change between halves
//
// # Best efforts
//
// A window is exactly as long as asked for, both ends interpolated, and elapsed
// time counts: of all windows the best is among those that begin or end at a
// sample. What no human has done in the sport (plausible.go), and what a leap of
// the recording made, is shown with its reason and makes no record.
//
// # Time
//
// A timeline is laid over the samples: each sample holds until the next one,
// stops (see stops) are cut out, and a gap longer than a minute and than five
// usual intervals counts as one usual interval. All means, moving time, load
// and normalised power run over this active time, so that smart recording,
// 1 Hz and 10 Hz give the same figures, and a day in a drawer gives none.
package figures
