// Package kml reads the recorded tracks of KML files, 2.2 with Google's
// extension and 2.3, as workouts.
//
// Promises
//
//   - Each Placemark with a Track or a MultiTrack that has a timed point is one
//     track.Track, in the order of the file. The Tracks of a MultiTrack are joined;
//     the time between them is a pause.
//   - Times and positions belong together by their place among their like, in
//     whatever order the file has them. A Track with more of one than of the other
//     is refused: which belong together cannot be known.
//   - Heart rate, cadence, power, speed, distance and temperature come from the
//     arrays that My Tracks, OpenTracks, Suunto and others write beside a Track.
//   - An empty position is a sample without one. What cannot be read as a number
//     or lies out of all range is left out; Warnings say so. Nothing is
//     interpolated, so that lines without times are no workout, also with a
//     span of time around them.
//   - A file without a workout is a *track.Fault: no_time, not_activity,
//     no_activity, kml_pairs, too_many_points, too_many_workouts, not_kml, or one
//     of package xmlscan.
package kml
