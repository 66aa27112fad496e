package accounts

import (
	"crypto/rand"
	"crypto/subtle"
	"slices"
	"strings"
	"time"
)

// Devices are where a person signed in before.
type Devices struct {
	Known []Device `json:"known"`
	// Any is whether anybody ever signed in: the first device is no news.
	Any bool `json:"any"`
}

// Device is an app or a browser that keeps a device token.
type Device struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
}

// maxDevices bounds what is remembered; who was not seen for the longest time
// goes first.
const maxDevices = 20

// see notes a sign-in by the device of an id, or by a new one. It says which
// device that is, and whether its person should hear of it.
func (d *Devices) see(id, name string, now time.Time) (device string, news bool) {
	news, d.Any = d.Any, true
	if i := slices.IndexFunc(d.Known, func(k Device) bool { return k.ID == id }); i >= 0 {
		d.Known[i].SeenAt, d.Known[i].Name = now, name
		return id, false
	}
	slices.SortStableFunc(d.Known, func(a, b Device) int { return b.SeenAt.Compare(a.SeenAt) })
	d.Known = append(d.Known[:min(len(d.Known), maxDevices-1)], Device{ID: rand.Text(), Name: name, CreatedAt: now, SeenAt: now})
	return d.Known[len(d.Known)-1].ID, news
}

func (d Devices) has(id string) bool {
	return slices.ContainsFunc(d.Known, func(k Device) bool { return k.ID == id })
}

// deviceToken is what a device shows at its next sign-in. It is derived, so
// that what is stored cannot be used as one.
func (k keyring) deviceToken(user, id string) string { return id + "." + k.mac("device", user, id) }

// parseDevice is the id in a device token of user, or "".
func (k keyring) parseDevice(user, token string) string {
	id, mac, _ := strings.Cut(token, ".")
	if id == "" || len(token) > 200 || subtle.ConstantTimeCompare([]byte(mac), []byte(k.mac("device", user, id))) != 1 {
		return ""
	}
	return id
}

// What browsers and systems call themselves; the first that is found counts, so
// that those come first that name others too.
var (
	browsers = [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}}
	systems  = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

// deviceName is what a person will know a device by.
func deviceName(userAgent string) string {
	first := func(names [][2]string) string {
		for _, n := range names {
			if strings.Contains(userAgent, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	browser, system := first(browsers), first(systems)
	switch {
	case browser != "" && system != "":
		return browser + ", " + system
	case browser+system != "":
		return browser + system
	}
	name, _, _ := strings.Cut(userAgent, "/")
	return name[:min(len(name), 40)]
}
