package accounts_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"paceline/functions/accounts"
	"paceline/shared/function"
	"paceline/shared/function/identity"
)

// most is how much memory the function may have at its peak: less than its
// container gets.
const most = 256 << 20

// Fifty sign-ins at once, each of which wants 46 MiB, fit into 256 MiB: some
// wait, the surplus is told to come again, and the process goes on.
func TestA2FiftySignInsAtOnceFitIntoTheMemory(t *testing.T) {
	t.Parallel()
	var hashes atomic.Int64
	r := openAs(t, accounts.OpenCounted(&hashes))
	process := r.Process()
	signIn := func(i int) (status int, retry string) {
		token, err := r.Gateway().CallToken("accounts", identity.Caller{Roles: []identity.Role{identity.Guest}})
		if err != nil {
			t.Error(err)
		}
		req, err := http.NewRequest("POST", r.Base+"/v1/auth/login", strings.NewReader(fmt.Sprintf(`{"email":"p%d@example.com","password":"not the password"}`, i)))
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set(function.ClientAddress, fmt.Sprintf("192.0.2.%d", i))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		_ = resp.Body.Close() // the status says it all
		return resp.StatusCode, resp.Header.Get("Retry-After")
	}
	var answered, refused atomic.Int64
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			switch status, retry := signIn(i); {
			case status == http.StatusUnauthorized:
				answered.Add(1)
			case status == http.StatusServiceUnavailable && retry != "":
				refused.Add(1)
			default:
				t.Errorf("answered %d, Retry-After %q", status, retry)
			}
		})
	}
	all.Wait()
	if status, _ := signIn(100); status != http.StatusUnauthorized {
		t.Errorf("the next one is answered %d", status)
	}
	peak := process.Peak(t)
	if peak > most || answered.Load() == 0 {
		t.Errorf("%d MiB at the peak, %d answered", peak>>20, answered.Load())
	}
	t.Logf("%d answered and %d told to come again, in %d MiB at the peak", answered.Load(), refused.Load(), peak>>20)
}
