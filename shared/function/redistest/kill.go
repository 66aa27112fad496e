package redistest

import (
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Killer stands between a client and its Redis, and cuts the client off at one
// of its transactions: as if its process were killed there.
type Killer struct {
	network, address string

	mu     sync.Mutex
	left   int  // transactions until the cut; 0 means none
	before bool // the last one does not reach the server
	dead   bool
}

// Killable is the address of a Redis behind a Killer.
func Killable(t testing.TB, address string) (*Killer, string) {
	t.Helper()
	o, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	k := &Killer{network: o.Network, address: o.Addr}
	at := "127.0.0.1:0"
	if o.Network == "unix" {
		at = filepath.Join(t.TempDir(), "redis")
	}
	l, err := net.Listen(o.Network, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go k.serve(c)
		}
	}()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if o.Network == "unix" {
		u.Path = l.Addr().String()
	} else {
		u.Host = l.Addr().String()
	}
	return k, u.String()
}

// At cuts the client off at its n-th transaction from now on: before it reaches
// the server, or after the server did it and before the client hears so.
func (k *Killer) At(n int, before bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.left, k.before = n, before
}

// Heal lets clients in again, and says whether they were cut off.
func (k *Killer) Heal() (cut bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	cut, k.dead, k.left = k.dead, false, 0
	return cut
}

// execCommand is how a transaction ends on the wire.
const execCommand = "\r\n$4\r\nexec\r\n"

func (k *Killer) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial(k.network, k.address)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	if k.isDead() {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 64<<10)
		for {
			n, err := server.Read(b)
			if err != nil || k.isDead() { // what the server says to the dead is lost
				_ = client.Close()
				return
			}
			if _, err := client.Write(b[:n]); err != nil {
				return
			}
		}
	}()
	b, tail := make([]byte, 64<<10), ""
	for {
		n, err := client.Read(b)
		if err != nil || k.isDead() {
			break
		}
		seen := strings.ToLower(tail + string(b[:n]))
		execs := strings.Count(seen, execCommand)
		tail = seen[max(len(seen)-len(execCommand)+1, 0):]
		cut, before := k.count(execs)
		if cut && before {
			break
		}
		if _, err := server.Write(b[:n]); err != nil {
			break
		}
		if cut {
			<-done // the server did it
			break
		}
	}
}

func (k *Killer) isDead() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.dead
}

// count takes transactions off, and says whether this was the one: with it every
// connection is dead.
func (k *Killer) count(n int) (cut, before bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n == 0 || k.left == 0 {
		return false, false
	}
	if k.left -= n; k.left > 0 {
		return false, false
	}
	k.left, k.dead = 0, true
	return true, k.before
}
