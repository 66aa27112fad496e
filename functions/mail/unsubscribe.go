package mail

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// unsubscribeToken proves that its holder got a mail of a template: the person,
// the template and a code that only the person's secret makes. It does not
// expire, as old mails must be able to unsubscribe too.
func unsubscribeToken(user, template, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("unsubscribe\x00" + user + "\x00" + template))
	return user + "." + template + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// readToken takes a token apart; only unsubscribeToken can tell whether it is good.
func readToken(token string) (user, template string, ok bool) {
	rest, _, ok := cutLast(token)
	if !ok {
		return "", "", false
	}
	user, template, ok = cutLast(rest)
	return user, template, ok && user != ""
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// goodToken compares without telling by its time how much was right.
func goodToken(token, user, template, secret string) bool {
	return secret != "" && hmac.Equal([]byte(token), []byte(unsubscribeToken(user, template, secret)))
}
