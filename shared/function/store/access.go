package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
)

// kit is the commands that this package sends by itself, and those with which
// its client finds the nodes of a cluster. AUTH and HELLO need no permission.
var kit = []string{
	"asking", "cluster|slots", "command", "del", "exec", "exists", "get", "hget", "hset", "multi", "ping", "set",
	"unwatch", "watch", "xadd", "xdel", "xlen", "xrange", "zadd", "zrange", "zrem", "zremrangebyscore", "zrevrangebyscore",
}

// publishedPrefix begins what Store.PublishedKey names.
const publishedPrefix = "keys:"

// ledgerPrefix begins what Store.LedgerKey names.
const ledgerPrefix = "audit:"

// ledger is what may be done to a ledger. RPUSH is the one command of Redis that
// adds to what is there and has no way to take from it: XADD can trim.
var ledger = []string{"llen", "lrange", "rpush", "watch"}

// Access is what one function may do in Redis, as a user of its own.
type Access struct {
	Function  string   // the user, and the prefix of its keys
	Commands  []string // beside those of this package, in lower case
	Publishes bool     // writes what every function reads, see PublishedKey
	Appends   bool     // adds to a ledger and reads it, see LedgerKey
}

// declared is what functions said of themselves when their packages were linked.
var declared struct {
	sync.Mutex
	all map[string]Access
}

// Declare says what a function may do in Redis. Each function does so once,
// beside its store. What is not declared is refused: by the redis-server of
// the one process, by a cluster's when it was told, and in every test.
func Declare(a Access) Access {
	declared.Lock()
	defer declared.Unlock()
	if _, twice := declared.all[a.Function]; twice {
		panic("store: " + a.Function + " is declared twice")
	}
	if declared.all == nil {
		declared.all = map[string]Access{}
	}
	declared.all[a.Function] = a
	return a
}

// Declared is what every function that is linked has declared, by name.
func Declared() []Access {
	declared.Lock()
	defer declared.Unlock()
	all := make([]Access, 0, len(declared.all))
	for _, a := range declared.all {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b Access) int { return cmp.Compare(a.Function, b.Function) })
	return all
}

// Allowed is every command that the function may send, sorted.
func (a Access) Allowed() []string {
	all := slices.Concat(kit, a.Commands)
	slices.Sort(all)
	return slices.Compact(all)
}

// Rules is the access as ACL SETUSER takes it, without a password: nothing but
// the commands, on keys of its own; what is published is read only, but for
// the function that publishes; a ledger can be added to and read.
func (a Access) Rules() []string {
	published := "%R~" + publishedPrefix + "*"
	if a.Publishes {
		published = "~" + publishedPrefix + "*"
	}
	rules := []string{"resetkeys", "resetchannels", "~" + a.Function + ":*", published, "-@all"}
	for _, c := range a.Allowed() {
		rules = append(rules, "+"+c)
	}
	if a.Appends {
		rules = append(rules, "(~"+ledgerPrefix+"* -@all +"+strings.Join(ledger, " +")+")")
	}
	return rules
}

// NobodyElse is the line of an ACL file that lets nobody in by no name. The user
// keeps all permissions, since a server reads its own log as this user: without
// them it passes over every transaction in it, and what they wrote is lost.
const NobodyElse = "user default off ~* &* +@all"

// Line is the access as a line of an ACL file, with the hash of a password.
// Without one nobody is this user.
func (a Access) Line(password string) string {
	words := []string{"user", a.Function, "on"}
	if password != "" {
		sum := sha256.Sum256([]byte(password))
		words = append(words, "#"+hex.EncodeToString(sum[:]))
	}
	return strings.Join(append(words, a.Rules()...), " ")
}
