// Package gpx reads GPX 1.0 and 1.1 files as workouts.
//
// Promises
//
//   - Each <trk> with a timed point is one track.Track, in the order of the
//     file. Its segments are joined; the time between them is a pause.
//   - Heart rate, cadence, power, temperature, speed and distance come from the
//     extensions of Garmin, cluetrust, Strava, Amazfit and the many that use the
//     same names in a namespace of their own or of nobody.
//   - What cannot be read as a number or lies out of all range is left out, and
//     so is a point without a time; Warnings say so. Nothing is interpolated.
//   - A file without a workout is a *track.Fault: no_time, not_activity (routes
//     and waypoints only), no_activity, too_many_points, too_many_laps, too_many_workouts,
//     not_gpx, or one of package xmlscan.
//
// GPX has no session totals and no laps of its own; laps are those of the
// cluetrust extension, where a file has them.
package gpx
