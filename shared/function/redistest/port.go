package redistest

import (
	"fmt"
	"net"
)

// freePort finds a port below the range that a cluster's bus would leave.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port), nil
}
