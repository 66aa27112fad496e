package gateway

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// proxies are networks whose word about who called them is taken.
type proxies []netip.Prefix

// parseProxies reads networks or single addresses.
func parseProxies(texts []string) (proxies, error) {
	var all proxies
	for _, text := range texts {
		text = strings.TrimSpace(text)
		if a, err := netip.ParseAddr(text); err == nil {
			all = append(all, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("TRUSTED_PROXIES: %q is neither an address nor a network", text)
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

func (p proxies) trust(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// vouch says whether it is one of these who calls.
func (p proxies) vouch(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && p.trust(peer.Addr().Unmap())
}

// client is the address that a request comes from: the last one that no trusted
// proxy has. What stands before it in X-Forwarded-For anybody may have written.
func (p proxies) client(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	last := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.trust(last); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		last = hop.Unmap().WithZone("")
	}
	return last
}

// household is what counts as one caller: an address, or a network of 64 bits
// of which one subscriber has all addresses.
func household(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
