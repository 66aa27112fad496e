package accounts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/accounts"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/redistest"
)

const password = "a horse walks into a bar"

var guest functiontest.Person

type rig struct{ *functiontest.Rig }

func open(t testing.TB) rig {
	t.Helper()
	return openAs(t, accounts.Open)
}

func openAs(t testing.TB, open function.Opener) rig {
	t.Helper()
	return rig{functiontest.New(t, "accounts", open, settings(t))}
}

// openKillable is open for a process that is killed at one of its transactions.
func openKillable(t *testing.T) (rig, *redistest.Killer) {
	t.Helper()
	r, k := functiontest.NewKillable(t, "accounts", accounts.Open, settings(t))
	return rig{r}, k
}

func settings(t testing.TB) map[string]string {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(strings.Repeat("k", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"ACCOUNTS_KEY_FILE": key, "PASSWORD_KEYS_FILE": key, "OBJECTS_URL": "file://" + t.TempDir(), "PUBLIC_URL": "https://paceline.example",
		"ADMIN_EMAILS": "root@example.com,second@example.com,third@example.com,fourth@example.com",
	}
}

func (r rig) post(path string, body any) functiontest.Answer {
	r.T.Helper()
	return r.Call(guest, "POST", path, body)
}

func (r rig) want(a functiontest.Answer, status int, code string) {
	r.T.Helper()
	if a.Status != status || a.Code() != code {
		r.T.Fatalf("got %d %q (%s), want %d %q", a.Status, a.Code(), a.Body, status, code)
	}
}

func (r rig) register(email string) string {
	r.T.Helper()
	a := r.post("/v1/auth/register", map[string]any{"email": email, "password": password, "display_name": "Anna"})
	r.want(a, 201, "")
	var out api.Registered
	a.JSON(r.T, &out)
	return out.UserID
}

// token is the token of the newest mail of a template to an address.
func (r rig) token(template, to string) string {
	r.T.Helper()
	found := ""
	for _, m := range functiontest.SentOf[events.MailRequested](r.Rig) {
		if m.Template == template && m.To == to {
			found = m.Data["token"]
		}
	}
	return found
}

func (r rig) member(email string) string {
	r.T.Helper()
	id := r.register(email)
	r.want(r.post("/v1/auth/verify", map[string]any{"token": r.token("verify_email", email)}), 204, "")
	return id
}

func (r rig) login(email, password string) api.Tokens {
	r.T.Helper()
	a := r.post("/v1/auth/login", map[string]any{"email": email, "password": password})
	r.want(a, 200, "")
	var out api.Tokens
	a.JSON(r.T, &out)
	return out
}

func (r rig) refresh(token string) functiontest.Answer {
	r.T.Helper()
	return r.post("/v1/auth/refresh", map[string]any{"refresh_token": token})
}

func TestTheRoadToAnAccount(t *testing.T) {
	t.Parallel()
	r := open(t)
	id := r.register("anna@example.com")
	login := map[string]any{"email": "Anna@Example.com ", "password": password}
	r.want(r.post("/v1/auth/login", login), 403, "email_not_verified")
	token := r.token("verify_email", "anna@example.com")
	r.want(r.post("/v1/auth/verify", map[string]any{"token": token}), 204, "")
	r.want(r.post("/v1/auth/verify", map[string]any{"token": token}), 400, "invalid_token")
	tokens := r.login("Anna@Example.com ", password)
	if tokens.TokenType != "Bearer" || tokens.ExpiresIn != 300 || strings.Count(tokens.AccessToken, ".") != 2 {
		t.Errorf("tokens: %+v", tokens)
	}
	var me api.Me
	r.Call(functiontest.Person{ID: id}, "GET", "/v1/me", nil).JSON(t, &me)
	if me.Email != "anna@example.com" || !me.EmailVerified || fmt.Sprint(me.Roles) != "[member]" || !me.ApproveFollowers {
		t.Errorf("me: %+v", me)
	}
	if p := functiontest.SentOf[events.ProfileUpdated](r.Rig); len(p) != 1 || p[0].DisplayName != "Anna" {
		t.Errorf("profiles: %+v", p)
	}
	if len(functiontest.SentOf[events.AccountRegistered](r.Rig)) != 1 || len(functiontest.SentOf[events.AccountVerified](r.Rig)) != 1 {
		t.Error("registered and verified are not sent once each")
	}
}

func TestAnAddressOfAdminsGetsTheRoleWithItsProof(t *testing.T) {
	t.Parallel()
	r := open(t)
	id := r.member("root@example.com")
	var me api.Me
	r.Call(functiontest.Person{ID: id}, "GET", "/v1/me", nil).JSON(t, &me)
	if fmt.Sprint(me.Roles) != "[member admin]" {
		t.Errorf("roles: %v", me.Roles)
	}
}

func TestBadRegistrationsAreRefused(t *testing.T) {
	t.Parallel()
	r := open(t)
	tests := []struct {
		name   string
		change map[string]any
		status int
		code   string
	}{
		{"no address", map[string]any{"email": ""}, 422, "invalid_email"},
		{"a name with the address", map[string]any{"email": "Anna <anna@example.com>"}, 422, "invalid_email"},
		{"a second line", map[string]any{"email": "anna@example.com\nBcc: x@example.com"}, 422, "invalid_email"},
		{"no domain", map[string]any{"email": "anna@localhost"}, 422, "invalid_email"},
		{"a short password", map[string]any{"password": "fourteen chars"}, 422, "password_too_short"},
		{"a password of the address", map[string]any{"password": "anna@example.com"}, 422, "password_too_common"},
		{"a password of one letter", map[string]any{"password": strings.Repeat("a", 40)}, 422, "password_too_common"},
		{"a huge password", map[string]any{"password": strings.Repeat("ab1 ", 300)}, 422, "password_too_long"},
		{"an empty name", map[string]any{"display_name": "  "}, 422, "invalid_display_name"},
		{"a birth date in the future", map[string]any{"birth_date": "2126-01-01"}, 422, "invalid_birth_date"},
		{"a field that it does not have", map[string]any{"roles": []string{"admin"}}, 422, "invalid_member"},
		{"a field of another case", map[string]any{"EMAIL": "x@example.com"}, 422, "invalid_member"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := map[string]any{"email": "anna@example.com", "password": password, "display_name": "Anna"}
			for k, v := range tt.change {
				body[k] = v
			}
			r.want(r.post("/v1/auth/register", body), tt.status, tt.code)
		})
	}
	if sent := r.Sent(); len(sent) != 0 {
		t.Errorf("refused registrations sent %d events", len(sent))
	}
}

func TestTheSameAnswerForATakenAddress(t *testing.T) {
	t.Parallel()
	r := open(t)
	first := r.member("anna@example.com")
	second := r.register("ANNA@example.com")
	if first == second {
		t.Fatal("the answer gives the owner away")
	}
	if a := r.Call(functiontest.Person{ID: second}, "GET", "/v1/me", nil); a.Status != 404 {
		t.Errorf("a second account was made: %d", a.Status)
	}
	if r.token("already_registered", "anna@example.com") != "" || len(functiontest.SentOf[events.AccountRegistered](r.Rig)) != 1 {
		t.Error("the owner should get a mail without a token, and no account should be made")
	}
	r.login("anna@example.com", password)
}

func TestAnAddressBelongsToTheFirstWhoProvesIt(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.register("anna@example.com")
	early := r.token("verify_email", "anna@example.com")
	r.register("anna@example.com")
	late := r.token("verify_email", "anna@example.com")
	r.want(r.post("/v1/auth/verify", map[string]any{"token": early}), 204, "")
	r.want(r.post("/v1/auth/verify", map[string]any{"token": late}), 400, "invalid_token")
}

func TestWrongAndUnknownAreTheSame(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	wrong := r.post("/v1/auth/login", map[string]any{"email": "anna@example.com", "password": "not the password"})
	unknown := r.post("/v1/auth/login", map[string]any{"email": "nobody@example.com", "password": "not the password"})
	r.want(wrong, 401, "invalid_credentials")
	r.want(unknown, 401, "invalid_credentials")
}

func TestRefreshTokensRotate(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	first := r.login("anna@example.com", password)
	a := r.refresh(first.RefreshToken)
	r.want(a, 200, "")
	var second, again, third api.Tokens
	a.JSON(t, &second)
	if second.RefreshToken == first.RefreshToken {
		t.Fatal("the token did not change")
	}
	r.refresh(first.RefreshToken).JSON(t, &again)
	if again.RefreshToken != second.RefreshToken {
		t.Error("a repeat at once must give the same successor")
	}
	r.refresh(second.RefreshToken).JSON(t, &third)
	r.want(r.refresh(first.RefreshToken), 400, "invalid_grant")
	r.want(r.refresh(third.RefreshToken), 400, "invalid_grant") // the reuse ended the session
	r.login("anna@example.com", password)
}

func TestALateRepeatOfARefreshEndsTheSession(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	first := r.login("anna@example.com", password)
	var second api.Tokens
	r.refresh(first.RefreshToken).JSON(t, &second)
	r.Advance(61 * time.Second)
	r.want(r.refresh(first.RefreshToken), 400, "invalid_grant")
	r.want(r.refresh(second.RefreshToken), 400, "invalid_grant")
}

func TestForgedRefreshTokensChangeNothing(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	token := r.login("anna@example.com", password).RefreshToken
	parts := strings.Split(token, ".")
	for _, forged := range []string{"", "x", strings.Repeat(".", 600), token + "x", strings.Join([]string{parts[0], parts[1], "2", parts[3]}, "."), strings.Join([]string{parts[0], "other", "1", parts[3]}, ".")} {
		r.want(r.refresh(forged), 400, "invalid_grant")
	}
	r.want(r.refresh(token), 200, "")
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	r := open(t)
	id := r.member("anna@example.com")
	me := functiontest.Person{ID: id}
	a, b := r.login("anna@example.com", password), r.login("anna@example.com", password)
	var list api.SessionList
	r.Call(me, "GET", "/v1/me/sessions", nil).JSON(t, &list)
	if len(list.Items) != 2 {
		t.Fatalf("sessions: %+v", list)
	}
	first := strings.Split(a.RefreshToken, ".")[1]
	r.want(r.Call(me, "DELETE", "/v1/me/sessions/"+first, nil), 204, "")
	r.want(r.Call(me, "DELETE", "/v1/me/sessions/"+first, nil), 404, "session_not_found")
	r.want(r.refresh(a.RefreshToken), 400, "invalid_grant")
	r.want(r.refresh(b.RefreshToken), 200, "")
}

func TestPasswordReset(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	old := r.login("anna@example.com", password)
	r.want(r.post("/v1/auth/password/forgot", map[string]any{"email": "nobody@example.com"}), 202, "")
	r.want(r.post("/v1/auth/password/forgot", map[string]any{"email": "anna@example.com"}), 202, "")
	token := r.token("password_reset", "anna@example.com")
	next := "quite another sentence"
	r.want(r.post("/v1/auth/password/reset", map[string]any{"token": token, "password": "short"}), 422, "password_too_short")
	r.want(r.post("/v1/auth/password/reset", map[string]any{"token": token, "password": next}), 204, "")
	r.want(r.post("/v1/auth/password/reset", map[string]any{"token": token, "password": next}), 400, "invalid_token")
	r.want(r.refresh(old.RefreshToken), 400, "invalid_grant")
	r.want(r.post("/v1/auth/login", map[string]any{"email": "anna@example.com", "password": password}), 401, "invalid_credentials")
	r.login("anna@example.com", next)
}

func TestTheTwoWaysToWriteAnAccentAreOnePassword(t *testing.T) {
	t.Parallel()
	r := open(t)
	composed, decomposed := "caf\u00e9 au lait bitte", "cafe\u0301 au lait bitte"
	r.want(r.post("/v1/auth/register", map[string]any{"email": "a@example.com", "password": composed, "display_name": "A"}), 201, "")
	r.want(r.post("/v1/auth/verify", map[string]any{"token": r.token("verify_email", "a@example.com")}), 204, "")
	r.login("a@example.com", decomposed)
}

func TestEditsOfOneself(t *testing.T) {
	t.Parallel()
	r := open(t)
	me := functiontest.Person{ID: r.member("anna@example.com")}
	a := r.Call(me, "PATCH", "/v1/me", map[string]any{"display_name": "Anna B.", "approve_followers": false, "time_zone": "Europe/Berlin"}, "If-Match", `"1"`)
	r.want(a, 200, "")
	if a.Header.Get("ETag") != `"2"` {
		t.Errorf("ETag %s", a.Header.Get("ETag"))
	}
	r.want(r.Call(me, "PATCH", "/v1/me", map[string]any{"bio": "x"}, "If-Match", `"1"`), 412, "version_changed")
	r.want(r.Call(me, "PATCH", "/v1/me", map[string]any{"time_zone": "Mars/Olympus"}), 422, "invalid_time_zone")
	r.want(r.Call(me, "PATCH", "/v1/me", map[string]any{"roles": []string{"admin"}}), 422, "invalid_member")
	p := functiontest.SentOf[events.ProfileUpdated](r.Rig)
	if last := p[len(p)-1]; len(p) != 2 || last.Version != 2 || last.ApproveFollowers || last.DisplayName != "Anna B." {
		t.Errorf("profiles: %+v", p)
	}
}

func TestTrainingSettings(t *testing.T) {
	t.Parallel()
	r := open(t)
	me := functiontest.Person{ID: r.member("anna@example.com")}
	entries := func(dates ...string) map[string]any {
		var list []map[string]any
		for i, d := range dates {
			list = append(list, map[string]any{"valid_from": d, "ftp_w": 200 + i})
		}
		return map[string]any{"entries": list}
	}
	r.want(r.Call(me, "PUT", "/v1/me/settings", entries("2026-02-01", "2026-01-01"), "If-Match", `"0"`), 200, "")
	r.want(r.Call(me, "PUT", "/v1/me/settings", entries("2026-02-01"), "If-Match", `"0"`), 412, "version_changed")
	r.want(r.Call(me, "PUT", "/v1/me/settings", entries("2026-02-30")), 422, "invalid_date")
	r.want(r.Call(me, "PUT", "/v1/me/settings", entries("2026-02-01", "2026-02-01")), 422, "duplicate_date")
	r.want(r.Call(me, "PUT", "/v1/me/settings", map[string]any{"entries": []map[string]any{{"valid_from": "2026-01-01", "ftp_w": 5000}}}), 422, "invalid_setting")
	var got api.TrainingSettings
	r.Call(me, "GET", "/v1/me/settings", nil).JSON(t, &got)
	if got.Version != 1 || got.Entries[0].ValidFrom != "2026-01-01" || *got.Entries[0].FTPW != 201 {
		t.Errorf("got %+v", got)
	}
	if sent := functiontest.SentOf[events.AthleteSettingsChanged](r.Rig); len(sent) != 1 || len(sent[0].Entries) != 2 {
		t.Errorf("sent %+v", sent)
	}
}

func TestTrainingSettingsBySport(t *testing.T) {
	t.Parallel()
	r := open(t)
	me := functiontest.Person{ID: r.member("anna@example.com")}
	for bad, code := range map[string]string{
		`{"valid_from":"2026-01-01","sex":"other"}`:                                          "invalid_setting",
		`{"valid_from":"2026-01-01","birth_year":1500}`:                                      "invalid_setting",
		`{"valid_from":"2026-01-01","threshold_speed_mps":200}`:                              "invalid_setting",
		`{"valid_from":"2026-01-01","heart_rate_zones_bpm":[150,140]}`:                       "invalid_zones",
		`{"valid_from":"2026-01-01","power_zones_w":[1,2,3,4,5,6,7,8,9,10]}`:                 "invalid_zones",
		`{"valid_from":"2026-01-01","sports":[{"sport":"running","ftp_w":5000}]}`:            "invalid_setting",
		`{"valid_from":"2026-01-01","sports":[{"sport":"Running"}]}`:                         "invalid_setting",
		`{"valid_from":"2026-01-01","sports":[{"sport":"running"},{"sport":"running"}]}`:     "invalid_setting",
		`{"valid_from":"2026-01-01","sports":[{"sport":"running","speed_zones_mps":[3,3]}]}`: "invalid_zones",
	} {
		r.want(r.Call(me, "PUT", "/v1/me/settings", []byte(`{"entries":[`+bad+`]}`)), 422, code)
	}
	r.want(r.Call(me, "PUT", "/v1/me/settings", []byte(`{"entries":[{"valid_from":"2026-01-01","sex":"female","birth_year":1990,`+
		`"heart_rate_zones_bpm":[120,140,160],"sports":[{"sport":"cycling","ftp_w":240}]}]}`)), 200, "")
	changed := functiontest.SentOf[events.AthleteSettingsChanged](r.Rig)
	if e := changed[len(changed)-1].Entries[0]; e.Sex != "female" || *e.BirthYear != 1990 || len(e.HeartRateZonesBPM) != 3 || *e.Sports[0].FTPW != 240 {
		t.Errorf("told: %+v", e)
	}
}

func TestARegistrationOutlivesAnAbsentBroker(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.FailSink(true)
	r.register("anna@example.com")
	if len(r.Sent()) != 0 {
		t.Fatal("the broker took something")
	}
	r.FailSink(false)
	if status := r.Deliver(events.Ping{Schedule: "sweep"}); status/100 != 2 {
		t.Fatalf("sweep: %d", status)
	}
	if r.token("verify_email", "anna@example.com") == "" {
		t.Error("the mail was lost")
	}
}

// A sign-in brings the stored hash of a password to the newest key: the old key may
// go when all have signed in.
func TestA2ASignInBringsTheHashToTheNewestKey(t *testing.T) {
	t.Parallel()
	r := open(t)
	anna, ben := "anna@example.com", "ben@example.com"
	r.member(anna)
	r.member(ben)
	with := func(keys ...string) rig {
		t.Helper()
		file := filepath.Join(t.TempDir(), "passwords")
		if err := os.WriteFile(file, []byte(strings.Join(keys, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		r.Vars["PASSWORD_KEYS_FILE"] = file
		return rig{r.Reopen(accounts.Open)}
	}
	newest, oldest := strings.Repeat("n", 32), strings.Repeat("k", 32)
	with(newest, oldest).login(anna, password)
	after := with(newest)
	after.login(anna, password)
	after.want(after.post("/v1/auth/login", map[string]any{"email": ben, "password": password}), 401, "invalid_credentials")
}
