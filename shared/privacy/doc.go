// Package privacy decides what of a workout somebody sees: whether it is there
// for them at all, and which of its members. It is the third axis, the field, of
// the table role × route × field, as data: Members.
//
// Every function that shows workouts asks it with what it knows of reader and
// owner, so that a feed never shows what the workout itself hides.
package privacy
