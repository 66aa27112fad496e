// Package segment finds the stretches of road that members named in what people
// recorded. It is pure: no clock, no I/O, no state.
//
//	in    a Path, which is the positions of a workout past its spikes
//	      (figures.Places), and Lines, which are segments
//	out   Efforts: each time that the path ran along the line from its start to
//	      its finish
//	bad   nothing is an error here: what cannot be matched has no effort
//
// # What counts
//
// Both ends are gates across the way, 25 m to either side: the clock runs from
// the last time somebody went through the first before they set off, to the first
// time that they went through the second, each interpolated between samples. All
// time in between counts, stops too, since a leaderboard that forgives stops
// compares those who stop (domain.md, 3.7). Direction counts, as the gates have
// one. Who turns within 10 m of a gate, or whose recording begins or ends there, has
// gone through it. Each lap is an effort of its own; two of them do not overlap.
//
// In between the path keeps within 25 m of the line: a tenth of the segment may
// be missed, as many metres may be gone beside it, and what was gone may not be
// far shorter than the line (which cuts hairpins that lie close together). So
// noise and a recording of five seconds match, a street 50 m away does not.
//
// A leap of the recording, or a gap of more than 500 m, ends an attempt.
package segment
