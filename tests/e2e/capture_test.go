//go:build e2e

package e2e

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bridge is the network between the pods.
const bridge = "cni0"

// captured is what went over the bridge.
type captured struct {
	bytes   int
	tokens  []string            // JSON Web Tokens that could be read: from where to where
	leaks   map[string][]string // secret → from where to where
	plain   map[string]string   // requests that could be read, one of each kind: kind → the request
	secrets []string
}

var (
	jwt      = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}`)
	requests = regexp.MustCompile(`^(?:(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\S+) HTTP/1|(PRI \* HTTP/2))`)
	agent    = regexp.MustCompile(`(?i)\r\nuser-agent: ([^\r\n/]+)`)
)

// capture reads every packet on the bridge while during runs.
func (s *suite) capture(t testing.TB, secrets []string, during func()) captured {
	t.Helper()
	device, err := net.InterfaceByName(bridge)
	if err != nil {
		t.Fatal(err)
	}
	every := int(binary.NativeEndian.Uint16([]byte{0, syscall.ETH_P_ALL}))
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, every)
	if err != nil {
		t.Fatalf("a capture needs the right to it: %v", err)
	}
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: uint16(every), Ifindex: device.Index}); err != nil {
		t.Fatal(err)
	}
	// A bridge shows what passes between two of its ports to who asks for all.
	if err := syscall.SetLsfPromisc(bridge, true); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.SetLsfPromisc(bridge, false) }()
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, 64<<20); err != nil {
		t.Fatal(err)
	}
	wait := syscall.NsecToTimeval(int64(200 * time.Millisecond))
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &wait); err != nil {
		t.Fatal(err)
	}
	c := captured{leaks: map[string][]string{}, plain: map[string]string{}, secrets: secrets}
	stop := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() {
		frame := make([]byte, 256<<10)
		for {
			n, _, err := syscall.Recvfrom(fd, frame, 0)
			if err == nil {
				c.frame(frame[:n])
				continue
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	during()
	close(stop)
	reading.Wait()
	return c
}

// frame looks into one frame of Ethernet with IPv4 and TCP.
func (c *captured) frame(b []byte) {
	if len(b) < 34 || b[12] != 8 || b[13] != 0 || b[23] != syscall.IPPROTO_TCP {
		return
	}
	ip := b[14:]
	tcp := ip[int(ip[0]&15)*4:]
	if len(tcp) < 20 || len(tcp) < int(tcp[12]>>4)*4 {
		return
	}
	payload := tcp[int(tcp[12]>>4)*4:]
	c.bytes += len(payload)
	from := netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[12:16])), binary.BigEndian.Uint16(tcp))
	to := netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[16:20])), binary.BigEndian.Uint16(tcp[2:]))
	way := fmt.Sprint(from, " to ", to)
	if m := requests.FindSubmatch(payload); m != nil {
		who := "?"
		if a := agent.FindSubmatch(payload); a != nil {
			who = string(a[1])
		}
		path, _, _ := strings.Cut(string(m[1])+string(m[2]), "?")
		c.plain[fmt.Sprintf("%s to port %d %s", who, to.Port(), path)] = way + " " + strings.ReplaceAll(string(payload[:min(len(payload), 400)]), "\r\n", " | ")
	}
	if jwt.Match(payload) && !slices.Contains(c.tokens, way) {
		c.tokens = append(c.tokens, way)
	}
	for _, secret := range c.secrets {
		if strings.Contains(string(payload), secret) && len(c.leaks[secret]) < 3 {
			c.leaks[secret] = append(c.leaks[secret], way)
		}
	}
}
