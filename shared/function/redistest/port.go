package redistest

import (
	"errors"
	"fmt"
	"net"
)

// busOffset is how far a cluster's bus is from the port of its node.
const busOffset = 10_000

// freePort finds a port that is free and whose bus port is free too.
func freePort() (string, error) {
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", fmt.Errorf("redistest: %w", err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
		if port+busOffset > 65535 {
			continue
		}
		bus, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+busOffset))
		if err != nil {
			continue
		}
		_ = bus.Close()
		return fmt.Sprint(port), nil
	}
	return "", errors.New("redistest: no free port for a cluster")
}
