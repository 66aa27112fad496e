// Package breached knows passwords that are on a list of leaked ones, without
// having the list: a binary fuse filter of 32-bit fingerprints, 4.5 bytes a
// password. What is on the list is always found; what is not is found by
// mistake once in four billion times.
//
//	list   one password a line, as it is; or one SHA-1 a line in hexadecimal,
//	       with ":<times seen>" behind it, as Have I Been Pwned gives it
//	file   a line that names the format and its version, then the filter
package breached
