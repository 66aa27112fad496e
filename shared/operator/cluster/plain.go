package cluster

import (
	"context"
	"net/url"
	"strings"
)

// localLabel on the namespace says that the stores are on the node itself, as
// in clusters/local: what goes there in clear leaves no machine.
const localLabel = "paceline.example/cluster"

// plain finds stores and mail servers that are reached in clear.
func (d *Doctor) plain(ctx context.Context) error {
	if d.local {
		return nil
	}
	for _, from := range []struct{ kind, name, only, fix string }{
		{Secret, redisSecret, "", "kn paceline secrets --redis-url 'rediss://{function}:{password}@…'"},
		{Secret, "paceline-mail", "url", "kn paceline secrets --mail-url 'smtps://…'"},
		{ConfigMap, "paceline-config", "objects-url", "kn paceline secrets --objects-url … with an endpoint of https://"},
	} {
		o, found, err := d.Namespace.get(ctx, from.kind, from.name)
		if err != nil {
			return err
		}
		if !found {
			continue // which settings says
		}
		for _, key := range sortedKeys(o.Data) {
			if (from.only == "" || from.only == key) && inClear(o.Data[key]) {
				d.say(strings.ToLower(o.id()), from.fix, "its key %s is an address without TLS", key)
			}
		}
	}
	return nil
}

// inClear says whether what goes to an address may be read on its way.
func inClear(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false // whoever reads it says so
	}
	switch u.Scheme {
	case "redis", "redis-cluster":
		return true
	case "smtp":
		mode := u.Query().Get("starttls")
		return mode == "none" || mode == "opportunistic"
	}
	return strings.HasPrefix(u.Query().Get("endpoint"), "http://")
}
