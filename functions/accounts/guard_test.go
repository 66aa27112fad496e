package accounts_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/accounts"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/functiontest"
)

func (r rig) guess(email, password, address, device string) functiontest.Answer {
	r.T.Helper()
	body := map[string]any{"email": email, "password": password}
	if device != "" {
		body["device_token"] = device
	}
	return r.Call(guest, "POST", "/v1/auth/login", body, function.ClientAddress, address)
}

// Three hundred guesses from three hundred addresses, by somebody who waits as
// long as it takes.
func TestA3AHundredGuessesReachTheHasher(t *testing.T) {
	t.Parallel()
	var hashes atomic.Int64
	r := openAs(t, accounts.OpenCounted(&hashes))
	r.member("anna@example.com")
	known := r.login("anna@example.com", password)
	for _, email := range []string{"anna@example.com", "nobody@example.com"} {
		before := hashes.Load()
		refused := 0
		for i := range 300 {
			a := r.guess(email, "not the password", fmt.Sprintf("192.0.2.%d", i), "")
			if a.Status == http.StatusTooManyRequests {
				refused++
				wait, err := strconv.Atoi(a.Header.Get("Retry-After"))
				if err != nil || wait < 1 || wait > 3600 || a.Code() != "too_many_attempts" || a.Header.Get("Content-Type") != "application/problem+json" {
					t.Fatalf("refused with %v %s", a.Header, a.Body)
				}
				r.Advance(time.Duration(wait) * time.Second)
			}
		}
		if n := hashes.Load() - before; n != 100 || refused < 150 {
			t.Errorf("%s: %d guesses were hashed, %d refused", email, n, refused)
		}
	}
	r.want(r.guess("anna@example.com", password, "192.0.2.1", ""), 429, "too_many_attempts")
	r.want(r.guess("anna@example.com", password, "192.0.2.1", known.DeviceToken+"x"), 429, "too_many_attempts")
	r.want(r.guess("nobody@example.com", password, "192.0.2.1", known.DeviceToken), 429, "too_many_attempts")
	a := r.guess("anna@example.com", password, "192.0.2.1", known.DeviceToken) // the owner, where she was before
	r.want(a, 200, "")
	r.want(r.post("/v1/auth/password/forgot", map[string]any{"email": "anna@example.com"}), 202, "")
	r.want(r.post("/v1/auth/password/reset", map[string]any{"token": r.token("password_reset", "anna@example.com"), "password": "quite another sentence"}), 204, "")
	r.want(r.guess("anna@example.com", "quite another sentence", "192.0.2.1", ""), 200, "") // and anywhere with a new password
}

func TestA3GuessesAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	var hashes atomic.Int64
	r := openAs(t, accounts.OpenCounted(&hashes))
	r.member("anna@example.com")
	before := hashes.Load()
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if a := r.guess("anna@example.com", "not the password", "", ""); a.Status != 401 && a.Status != 429 {
				t.Errorf("%d %s", a.Status, a.Body)
			}
		})
	}
	wg.Wait()
	if n := hashes.Load() - before; n > 5 {
		t.Errorf("%d of 40 guesses at once were hashed, want 5", n)
	}
}

func TestA3OneAddressAndManyAccounts(t *testing.T) {
	t.Parallel()
	var hashes atomic.Int64
	r := openAs(t, accounts.OpenCounted(&hashes))
	r.member("anna@example.com")
	r.want(r.guess("anna@example.com", password, "198.51.100.7", ""), 200, "")
	before := hashes.Load()
	for i := range 200 {
		r.guess(fmt.Sprintf("p%d@example.com", i), "not the password", "198.51.100.7", "")
	}
	if n := hashes.Load() - before; n != 100 {
		t.Errorf("%d guesses were hashed", n)
	}
	r.want(r.guess("anna@example.com", password, "198.51.100.8", ""), 200, "")
}

func TestA3TheCountOutlivesTheInstance(t *testing.T) {
	t.Parallel()
	var hashes atomic.Int64
	r := openAs(t, accounts.OpenCounted(&hashes))
	for range 5 {
		r.guess("anna@example.com", "not the password", "", "")
	}
	other := rig{r.Reopen(accounts.OpenCounted(&hashes))}
	other.want(other.guess("anna@example.com", "not the password", "", ""), 429, "too_many_attempts")
}

func TestA3RightPasswordsWithoutACodeAreNoFailures(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	r.enrols(r.in(r.login("anna@example.com", password)))
	for range 7 {
		r.want(r.loginWith("anna@example.com", password, ""), 401, "second_factor_required")
	}
	for range 5 {
		r.want(r.loginWith("anna@example.com", password, "000000"), 401, "second_factor_invalid")
	}
	r.want(r.loginWith("anna@example.com", password, "000000"), 429, "too_many_attempts")
}

// known and unknown are the same to whoever asks: in status, header, body, and
// in what takes the time: hashes, trips to the store and events.
func TestA4NothingTellsKnownFromUnknown(t *testing.T) {
	t.Parallel()
	var hashes atomic.Int64
	var trips accounts.Trips
	r := openAs(t, accounts.OpenTraced(&hashes, &trips))
	for i := range 10 {
		r.member(fmt.Sprintf("known%d@example.com", i))
	}
	type seen struct {
		status, hashes, sent int
		header, body, trips  string
	}
	sent := func() int { // but for what is told of faults, besides
		told := slices.DeleteFunc(functiontest.SentOf[events.SecuritySignal](r.Rig), func(s events.SecuritySignal) bool { return s.Code != "" })
		return len(r.Sent()) + len(told)
	}
	ask := func(path string, body map[string]any) seen {
		before, already := hashes.Load(), sent()
		trips.Taken()
		a := r.post(path, body)
		took := trips.Taken()
		a.Header.Del("Date")
		if a.Status == 201 {
			a.Body = a.Body[:len(`{"user_id":"`)]
			a.Header.Del("Content-Length")
		}
		if i := bytes.Index(a.Body, []byte(`"instance"`)); i >= 0 { // the id of the request
			a.Body = append(a.Body[:i:i], a.Body[i+bytes.IndexByte(a.Body[i:], ','):]...)
			a.Header.Del("Content-Length")
		}
		return seen{a.Status, int(hashes.Load() - before), sent() - already, fmt.Sprint(a.Header), string(a.Body), strings.Join(took, ", ")}
	}
	for i := range 10 {
		known, unknown := fmt.Sprintf("known%d@example.com", i), fmt.Sprintf("other%d@example.com", i)
		for path, body := range map[string]map[string]any{
			"/v1/auth/login":           {"password": "not the password"},
			"/v1/auth/register":        {"password": password, "display_name": "X"},
			"/v1/auth/password/forgot": {},
		} {
			body["email"] = known
			one := ask(path, body)
			body["email"] = unknown
			if other := ask(path, body); one != other || one.trips == "" || one.hashes == 0 {
				t.Errorf("%s\n%+v\n%+v", path, one, other)
			}
		}
	}
}

func TestA5AResetWorksOnceAndForTenMinutes(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	ask := func() string {
		t.Helper()
		r.want(r.post("/v1/auth/password/forgot", map[string]any{"email": "anna@example.com"}), 202, "")
		return r.token("password_reset", "anna@example.com")
	}
	reset := func(token string) functiontest.Answer {
		return r.post("/v1/auth/password/reset", map[string]any{"token": token, "password": "quite another sentence"})
	}
	late := ask()
	r.Advance(10*time.Minute + time.Second)
	r.want(reset(late), 400, "invalid_token")
	first, second := ask(), ask()
	r.want(reset(first), 400, "invalid_token") // a newer one was asked for
	r.want(reset(second), 204, "")
	r.want(reset(second), 400, "invalid_token")
	if n := r.mails("password_reset"); n != 3 {
		t.Errorf("%d mails of three requests", n)
	}
	ask()
	r.want(r.post("/v1/auth/password/forgot", map[string]any{"email": "anna@example.com"}), 429, "too_many_attempts")
}

func TestANewDeviceIsTold(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	in := func(userAgent, device string) api.Tokens {
		t.Helper()
		body := map[string]any{"email": "anna@example.com", "password": password, "device_token": device}
		a := r.Call(guest, "POST", "/v1/auth/login", body, "User-Agent", userAgent)
		r.want(a, 200, "")
		var out api.Tokens
		a.JSON(t, &out)
		return out
	}
	firefox := "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	home := in(firefox, "")
	again := in(firefox, home.DeviceToken)
	if again.DeviceToken != home.DeviceToken || r.mails("new_device") != 0 {
		t.Errorf("the first device is news, or became another")
	}
	in("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1", "")
	mails := functiontest.SentOf[events.MailRequested](r.Rig)
	if last := mails[len(mails)-1]; last.Template != "new_device" || last.Data["device"] != "Safari, iPhone" || last.Data["when"] != "2026-05-04 10:00 UTC" {
		t.Errorf("the mail says %+v", last)
	}
	var list api.SessionList
	r.Call(r.in(home), "GET", "/v1/me/sessions", nil).JSON(t, &list)
	if len(list.Items) != 3 || list.Items[len(list.Items)-1].Device == "" {
		t.Errorf("sessions %+v", list)
	}
}
