//go:build linux || darwin || freebsd || netbsd

package dir

import (
	"os"

	"golang.org/x/sys/unix"
)

const attributeName = "user.paceline.object"

// setAttribute attaches value to file if the file system can.
func setAttribute(file *os.File, value []byte) {
	_ = unix.Fsetxattr(int(file.Fd()), attributeName, value, 0) // see writeNote
}

// attribute is what setAttribute attached, or nil.
func attribute(file *os.File) []byte {
	value := make([]byte, 1024)
	n, err := unix.Fgetxattr(int(file.Fd()), attributeName, value)
	if err != nil {
		return nil
	}
	return value[:n]
}
