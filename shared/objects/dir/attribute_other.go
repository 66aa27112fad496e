//go:build !(linux || darwin || freebsd || netbsd)

package dir

import "os"

// setAttribute does nothing: this system has no extended attributes.
func setAttribute(*os.File, []byte) {}

// attribute is always nil here.
func attribute(*os.File) []byte { return nil }
