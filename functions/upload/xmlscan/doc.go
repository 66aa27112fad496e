// Package xmlscan reads XML that strangers wrote: a pull scanner over the bytes
// of one whole file, with the lexical values of XML Schema that workout files
// use.
//
// Promises
//
//   - Bytes that are not well-formed XML 1.0 give a *track.Fault with the line:
//     end tags that do not match, a second root, anything but comments after it,
//     attributes twice, invalid UTF-8, a NUL.
//   - A document type is refused (xml_doctype), and with it every entity but the
//     five that need none (xml_entity): nothing expands, nothing is fetched.
//   - Nesting has a bound (xml_depth), so that a consumer may recurse.
//   - UTF-8 is read in place. UTF-16, ISO-8859-1 and windows-1252 are converted
//     first when a byte order mark or the declaration says so; other encodings
//     are refused (xml_encoding). A declaration of UTF-16 in a file of single
//     bytes, which some writers make, is taken as UTF-8.
//   - A prefix that nobody declared has the namespace "": devices write such
//     files, and their values are good.
//   - Memory is the input and a few slices; what Name, Attr and Content give
//     points into the input and must be copied to be kept.
package xmlscan
