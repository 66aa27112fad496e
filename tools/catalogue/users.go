package main

import (
	"encoding/json"
	"strings"

	"paceline/functions/accounts" // each declares what it may do in Redis
	"paceline/functions/deadletter"
	_ "paceline/functions/feed"
	_ "paceline/functions/gateway"
	_ "paceline/functions/mail"
	_ "paceline/functions/notify"
	_ "paceline/functions/social"
	"paceline/functions/stats"
	"paceline/functions/upload"
	"paceline/functions/watch"
	"paceline/shared/function/store"
	"paceline/shared/objects"
)

// prefixes is what of the bucket each function touches.
func prefixes() ([]byte, error) {
	b, err := json.MarshalIndent([]objects.Access{accounts.Objects, deadletter.Objects, stats.Objects, upload.Objects, watch.Objects}, "", "  ")
	return append(b, '\n'), err
}

// users is the ACL file of a cluster's Redis without its passwords: the
// functions, and nobody else.
func users() []byte {
	lines := []string{store.NobodyElse}
	for _, a := range store.Declared() {
		lines = append(lines, a.Line(""))
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}
