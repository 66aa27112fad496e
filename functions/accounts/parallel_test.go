package accounts_test

import (
	"sync"
	"testing"
	"time"

	"paceline/functions/accounts"
	"paceline/shared/api"
)

// Sixteen refreshes of one token at once are one refresh, whose answer all get.
func TestRefreshesAtOnceAreOne(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	token := r.login("anna@example.com", password).RefreshToken
	var mu sync.Mutex
	next := map[string]int{}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			a := r.refresh(token)
			if a.Status == 409 { // so many at once: it may try again
				a = r.refresh(token)
			}
			if a.Status != 200 {
				t.Errorf("%d %s", a.Status, a.Body)
				return
			}
			var out api.Tokens
			a.JSON(t, &out)
			mu.Lock()
			defer mu.Unlock()
			next[out.RefreshToken]++
		})
	}
	wg.Wait()
	if len(next) != 1 {
		t.Errorf("%d successors", len(next))
	}
}

// The instance that took a refresh ends before its answer is out: another one
// gives the same answer, and only for a moment.
func TestARefreshWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	token := r.login("anna@example.com", password).RefreshToken
	var first, second api.Tokens
	r.refresh(token).JSON(t, &first)
	other := rig{r.Reopen(accounts.Open)}
	a := other.refresh(token)
	other.want(a, 200, "")
	a.JSON(t, &second)
	if first.RefreshToken != second.RefreshToken {
		t.Error("two instances give two successors")
	}
	other.Advance(11 * time.Second)
	other.want(other.refresh(token), 400, "invalid_grant")
	other.want(other.refresh(first.RefreshToken), 400, "invalid_grant")
	if n := r.mails("session_ended"); n != 1 {
		t.Errorf("%d mails of one reuse", n)
	}
}
