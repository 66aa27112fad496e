package main

import (
	"strings"

	_ "paceline/functions/accounts" // each declares what it may do in Redis
	_ "paceline/functions/deadletter"
	_ "paceline/functions/feed"
	_ "paceline/functions/gateway"
	_ "paceline/functions/mail"
	_ "paceline/functions/notify"
	_ "paceline/functions/social"
	_ "paceline/functions/stats"
	_ "paceline/functions/upload"
	"paceline/shared/function/store"
)

// users is the ACL file of a cluster's Redis without its passwords: the
// functions, and nobody else.
func users() []byte {
	lines := []string{"user default off"}
	for _, a := range store.Declared() {
		lines = append(lines, a.Line(""))
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}
