// Package profile holds the names that the FIT profile gives to numbers:
// sports, makers and products, lap triggers, intensities, swim strokes and
// exercises.
//
// Lookups never fail: a number that the profile does not know has a fallback
// that its function states. The tables of devices and exercises are text files
// that are searched once or twice a file, or once a set, so they cost nothing at
// start.
package profile
