// Package fit reads FIT activity files into tracks, without I/O.
//
// In: the bytes of a file, that is one FIT file or several back to back.
// Out: one track a session, in time order, or a *track.Fault with a stable
// code and the byte where it shows. No input makes it panic, and what it
// allocates is bounded by the size of the input and by the limits given.
//
// Codes of faults: fit_header, fit_header_crc, fit_truncated, fit_definition,
// fit_definition_missing, fit_field_size, fit_crc_mismatch, not_activity (a
// valid FIT file of another kind), no_activity (nothing was recorded),
// too_many_points, too_many_workouts, too_many_laps.
//
// # Damaged files
//
// A damaged part (cut, wrong checksum, broken structure) is still taken when
// the whole activity can be read from it: the session or activity message that
// closes it follows the last record, or every session's end was reached by the
// records. Such a track carries the warning "truncated", "crc_mismatch",
// "definition" or "definition_missing". Anything less is refused with the
// fault, since half a workout would silently count as a whole one.
//
// # Times
//
// FIT counts whole seconds. Records stay in the file and in time order; what
// is out of order is sorted stably ("records_reordered"). Records of one second
// all stay, so that samples count what the device wrote: when they say
// different things (position in one, heart rate in the other) each gets what
// only the other says, and when they repeat a measurement (several a second)
// they are spread evenly over the second ("subsecond_spread"). Records without
// a time are left out ("records_without_time"), but those of a pool swim that
// has one a length take the times of the lengths ("times_from_lengths").
//
// Times below 0x10000000 are seconds since power-on. They are moved by the
// file's timestamp correlation, or by the activity's local time (UTC is then
// unknown and taken to be local time), with the warning "system_time". A clock
// that jumped by more than an hour while the session's own elapsed time says
// that it did not is set back ("clock_jump").
//
// # Values
//
// enhanced_speed and enhanced_altitude win over speed and altitude. A
// developer field that overrides a native one fills in where the native one is
// absent or zero throughout. Positions off the globe or at exactly 0, 0 are
// left out ("position_invalid"). Distances of later sessions begin at 0.
// HR messages fill the heart rate where records have none. Timer and elapsed
// time of a session are exchanged when they are evidently swapped
// ("timer_elapsed_swapped"); an elapsed time that the timer and the records
// contradict is left out ("elapsed_time_ignored").
//
// # Strength and dives
//
// Sets carry the name that the file gives to their exercise, else the profile's.
// The summary of a dive is a part of the totals of the session or the lap that it
// names; the depth of records is a column.
//
// # Barometer
//
// A track is barometric when the file lists a local barometer among its
// devices, or its records hold absolute pressure, or the product is known to
// have a barometer (profile.Barometric). The presence of enhanced_altitude is
// no sign: phones without a barometer write it too.
package fit
