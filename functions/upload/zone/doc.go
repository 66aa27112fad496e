// Package zone says in which time zone a place lies and what the clock shows
// there.
//
// The map comes with the program (tzf, built from OpenStreetMap with the
// oceans) and is unpacked when it is first asked. Most places are answered by a
// coarse map that stays: 2 MB, 50 ms to unpack. What lies near a border or a
// coast needs the exact one: 31 MB, a quarter of a second and 120 MB for a
// moment to unpack. It is given back after a minute in which nobody asked.
// The rules of the zones (time/tzdata) come with the program too.
package zone
