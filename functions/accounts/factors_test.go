package accounts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"paceline/shared/api"
	"paceline/shared/function/functiontest"
)

// code is what the app shows now.
func (r rig) code(secret string) string {
	r.T.Helper()
	code, err := totp.GenerateCode(secret, r.Now())
	if err != nil {
		r.T.Fatal(err)
	}
	return code
}

// enrols turns an app on for me.
func (r rig) enrols(me functiontest.Person) (secret string, recovery []string) {
	r.T.Helper()
	a := r.Call(me, "POST", "/v1/me/factors/totp", nil)
	r.want(a, 201, "")
	var e api.TotpEnrolment
	a.JSON(r.T, &e)
	if !strings.Contains(e.URI, e.Secret) || !strings.HasPrefix(e.URI, "otpauth://totp/Paceline:") {
		r.T.Errorf("enrolment %+v", e)
	}
	a = r.Call(me, "POST", "/v1/me/factors/totp/confirm", map[string]any{"code": r.code(e.Secret)})
	r.want(a, 200, "")
	var codes api.RecoveryCodes
	a.JSON(r.T, &codes)
	return e.Secret, codes.RecoveryCodes
}

func (r rig) loginWith(email, password, code string) functiontest.Answer {
	r.T.Helper()
	return r.post("/v1/auth/login", map[string]any{"email": email, "password": password, "code": code})
}

func TestACodeOfTheAppIsNeededAndWorksOnce(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	me := r.in(r.login("anna@example.com", password))
	secret, recovery := r.enrols(me)
	if len(recovery) != 10 {
		t.Fatalf("recovery codes: %v", recovery)
	}
	a := r.loginWith("anna@example.com", password, "")
	r.want(a, 401, "second_factor_required")
	if !strings.Contains(string(a.Body), `"factors":["totp","recovery_code"]`) {
		t.Errorf("it says %s", a.Body)
	}
	r.want(r.loginWith("anna@example.com", password, r.code(secret)), 401, "second_factor_invalid") // it turned the app on
	r.Advance(30 * time.Second)
	now := r.code(secret)
	a = r.loginWith("anna@example.com", password, now)
	r.want(a, 200, "")
	var tokens api.Tokens
	a.JSON(t, &tokens)
	if who := r.says(tokens.AccessToken); strings.Join(who.Methods, " ") != "pwd otp mfa" {
		t.Errorf("the token says %v", who.Methods)
	}
	r.want(r.loginWith("anna@example.com", password, now), 401, "second_factor_invalid")
	r.Advance(30 * time.Second)
	r.want(r.loginWith("anna@example.com", "not the password", r.code(secret)), 401, "invalid_credentials")
	early := r.code(secret)
	r.Advance(time.Minute + 30*time.Second)
	r.want(r.loginWith("anna@example.com", password, early), 401, "second_factor_invalid") // too old
	r.want(r.loginWith("anna@example.com", password, " "+strings.ToUpper(recovery[3])), 200, "")
	r.want(r.loginWith("anna@example.com", password, recovery[3]), 401, "second_factor_invalid")
	var have api.Factors
	r.Call(me, "GET", "/v1/me/factors", nil).JSON(t, &have)
	if have.RecoveryCodesLeft != 9 || have.Totp == nil {
		t.Errorf("factors %+v", have)
	}
}

func TestFactorsChangeOnlyAfterANewProof(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	me := r.in(r.login("anna@example.com", password))
	secret, old := r.enrols(me)
	r.Advance(time.Hour)
	for _, c := range [][2]string{{"POST", "/v1/me/factors/totp"}, {"DELETE", "/v1/me/factors/totp"}, {"POST", "/v1/me/factors/recovery-codes"}} {
		r.want(r.Call(me, c[0], c[1], nil), 403, "reauthentication_required")
	}
	r.want(r.Call(me, "PUT", "/v1/me/password", map[string]any{"password": "quite another sentence"}), 403, "reauthentication_required")
	r.want(r.Call(me, "POST", "/v1/me/reauthenticate", map[string]any{"code": "000000"}), 401, "second_factor_invalid")
	r.want(r.Call(me, "POST", "/v1/me/reauthenticate", map[string]any{"code": r.code(secret), "password": password}), 422, "invalid_member")
	r.want(r.Call(me, "POST", "/v1/me/reauthenticate", map[string]any{"code": r.code(secret)}), 204, "")
	a := r.Call(me, "POST", "/v1/me/factors/recovery-codes", nil)
	r.want(a, 200, "")
	var fresh api.RecoveryCodes
	a.JSON(t, &fresh)
	r.want(r.loginWith("anna@example.com", password, old[0]), 401, "second_factor_invalid")
	r.want(r.loginWith("anna@example.com", password, fresh.RecoveryCodes[0]), 200, "")
	r.want(r.Call(me, "POST", "/v1/me/factors/totp", nil), 409, "factor_exists")
	r.want(r.Call(me, "DELETE", "/v1/me/factors/totp", nil), 204, "")
	r.want(r.Call(me, "DELETE", "/v1/me/factors/totp", nil), 404, "factor_not_found")
	r.want(r.Call(me, "POST", "/v1/me/factors/recovery-codes", nil), 409, "no_second_factor")
	r.want(r.Call(me, "POST", "/v1/me/factors/totp/confirm", map[string]any{"code": "000000"}), 409, "factor_not_enrolled")
	r.login("anna@example.com", password)
}

func TestAShortPasswordNeedsASecondFactor(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	first := r.login("anna@example.com", password)
	me := r.in(first)
	short := map[string]any{"password": "kvmzqpwr"}
	r.want(r.Call(me, "PUT", "/v1/me/password", short), 422, "password_too_short")
	secret, _ := r.enrols(me)
	r.want(r.Call(me, "PUT", "/v1/me/password", short), 204, "")
	r.want(r.refresh(first.RefreshToken), 200, "") // its own session goes on
	r.Advance(30 * time.Second)
	r.want(r.loginWith("anna@example.com", "kvmzqpwr", r.code(secret)), 200, "")
	r.want(r.Call(me, "DELETE", "/v1/me/factors/totp", nil), 409, "password_too_short_alone")
	r.want(r.Call(me, "PUT", "/v1/me/password", map[string]any{"password": password}), 204, "")
	r.want(r.Call(me, "DELETE", "/v1/me/factors/totp", nil), 204, "")
	if told := r.mails("password_changed"); told != 2 {
		t.Errorf("%d mails of two new passwords", told)
	}
}
