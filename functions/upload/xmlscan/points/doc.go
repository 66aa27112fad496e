// Package points collects the samples of one workout as an XML file gives them
// and makes of them the columns that track.Samples promises.
//
// Promises
//
//   - Nothing is invented: a value that is absent, unreadable or out of the range
//     of its kind is NaN, and a column without a value is nil.
//   - Times never fall. Segments that stand in the wrong order are sorted by
//     their first time. Of what still runs backwards, the fewest points that
//     repair it are left out: a clock that was wrong at the start, or jumped,
//     costs the points of the wrong clock and not the workout.
//   - What was repaired or left out is a warning, each code once.
package points
