// Package track is the normalised form of one recorded workout: what a
// decoder makes of a FIT, GPX or TCX file and what every figure is computed
// from.
//
// Samples are columns of one length. A column that the file does not have is
// nil; a sample without a value is NaN. Units are SI, positions are WGS 84
// degrees, cadence is what FIT calls cadence (for running: strides of one leg
// a minute). Times are milliseconds after StartedAt.
//
// The stored form (Encode, Decode) is versioned and compressed; it holds all
// that a later formula needs, so that a replay never reads the original again.
package track
