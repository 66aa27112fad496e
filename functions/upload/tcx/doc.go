// Package tcx reads Garmin Training Center files as workouts.
//
// Promises
//
//   - Each <Activity> with samples, or with laps that have a duration, is one
//     track.Track, in the order of the file; a multisport session gives one for
//     each of its activities.
//   - Trackpoints are samples as they stand, also those with a time and nothing
//     else. Gaps between two <Track> of a lap, and between the end of a lap's
//     timer and the next lap, are pauses.
//   - Session totals are what the laps say together: sums of distance, timer time
//     and calories, greatest of the maxima, averages weighted by timer time. A
//     total that no lap has is absent, and so is a zero where a device writes
//     that for "unknown" (calories, speed, heart rate).
//   - A <Course> with times is a recording when the file has no activity, with a
//     warning: its times may have been planned, and nobody says which sport it is.
//   - What cannot be read is left out and Warnings say so. Nothing is
//     interpolated.
//   - A file without a workout is a *track.Fault: not_activity (plans
//     only), no_time, no_activity, too_many_points, too_many_laps, too_many_workouts,
//     not_tcx, or one of package xmlscan.
package tcx
