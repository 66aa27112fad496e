// Package fittest makes small FIT files for tests.
//
// Whole files (Run, Ride, PoolSwim, Triathlon, Strength, Course, Workout) are
// written by an independent encoder, so that a decoder is not tested against
// its own idea of the format. Wire writes message by message what no encoder
// would, and Seal puts a header and a checksum around it. Everything is
// deterministic: the same arguments give the same bytes.
package fittest
