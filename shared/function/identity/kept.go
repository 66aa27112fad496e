package identity

import (
	"fmt"
	"sync"
	"time"
)

// kept holds tokens for half of their life: a signature costs more than a call
// through the gateway, and a token that comes again is one that its receiver
// has verified before. It is emptied when full.
type kept struct {
	mu     sync.Mutex
	tokens map[string]keptToken
}

type keptToken struct {
	raw   string
	until time.Time
}

// get returns the token for key, or makes one that lives for ttl.
func (k *kept) get(key string, now time.Time, ttl time.Duration, sign func() (string, error)) (string, error) {
	k.mu.Lock()
	t, ok := k.tokens[key]
	k.mu.Unlock()
	if ok && now.Before(t.until) {
		return t.raw, nil
	}
	raw, err := sign()
	if err != nil {
		return "", err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tokens == nil || len(k.tokens) >= maxCached {
		k.tokens = map[string]keptToken{}
	}
	k.tokens[key] = keptToken{raw, now.Add(ttl / 2)}
	return raw, nil
}

// callKey is everything that a call token says.
func callKey(audience string, who Caller) string {
	return fmt.Sprintf("call\x00%s\x00%s\x00%s\x00%s\x00%d\x00%s", audience, who.UserID, who.SessionID, who.Roles, who.AuthTime.Unix(), who.Methods)
}
