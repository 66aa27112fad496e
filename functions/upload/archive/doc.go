// Package archive reads zip archives of strangers, and what the archives of
// Strava and Garmin say of the workouts in them.
//
// # Promises
//
//   - Memory follows from the limits here and never from what an archive says of
//     itself: the list of entries is read up to maxDirectory bytes, an entry up
//     to the size that the caller allows, whatever it unpacks to.
//   - Names are data. One that leads out of the archive makes its entry unusable,
//     and no name ever becomes a path.
//   - An entry that cannot be used has a fault of its own; the others are read.
//     Only what is wrong with the whole (a bomb, entries that lie in each other, too
//     many of them, no zip at all) is the archive's.
//
// Every fault is a *track.Fault. What the reader below fails with comes back as
// it is.
package archive
