// Package profile holds the names that the FIT profile gives to numbers:
// sports, makers and products, lap triggers, intensities and swim strokes.
//
// Lookups never fail: a number that the profile does not know has a fallback
// that its function states. The device tables are text files that are searched
// once or twice a file, so they cost nothing at start.
package profile
