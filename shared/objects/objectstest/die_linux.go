package objectstest

import (
	"os/exec"
	"syscall"
)

// dieWithUs has the kernel end cmd when we end without a word: a test that
// panics or runs out of time cleans nothing up.
func dieWithUs(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
