//go:build unix

package objectstest

import (
	"os"
	"syscall"
)

// lock waits until no other process holds path; the kernel frees it when a
// process ends.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		_ = file.Close() // err is what matters
		return nil, err
	}
	return func() { _ = file.Close() }, nil // which unlocks; nothing was written
}
