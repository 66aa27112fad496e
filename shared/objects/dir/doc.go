// Package dir keeps objects as files in a folder, for one machine.
//
// An object is a plain file whose path is its key, so that any program can
// read it. Its SHA-256 and content type are an extended attribute of the file;
// where the file system has none, or a backup lost them, the sum is computed
// when it is asked for and the content type is the default one.
//
// A Put writes a temporary file in .tmp, syncs it, gives it its name in one
// step (a hard link for IfAbsent, which fails when the name is taken; a rename
// otherwise) and syncs the folder and every folder that it made. Several
// processes may share one folder. Files and folders are the owner's alone.
package dir
