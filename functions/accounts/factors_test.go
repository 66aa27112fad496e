package accounts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
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

// deeds are the actions that the audit log was told of, with whose they were.
func (r rig) deeds() (all []string) {
	for _, d := range functiontest.SentOf[events.AuditRecorded](r.Rig) {
		all = append(all, d.ActorID+" "+d.Action+" "+d.TargetID)
	}
	return all
}

// Who lost everything gets in again with the help of support: with the password
// where it is long enough to be alone, and else with a new one.
func TestLostFactorsAreTakenAway(t *testing.T) {
	t.Parallel()
	r := open(t)
	support := functiontest.Person{ID: "01SUPPORT", Roles: []identity.Role{identity.Member, identity.Support}}
	anna := r.member("anna@example.com")
	path := "/v1/admin/users/" + anna + "/factors"
	r.want(r.Call(support, "DELETE", path, nil), 204, "") // who has none loses nothing
	tokens := r.login("anna@example.com", password)
	_, recovery := r.enrols(r.in(tokens))
	late := support
	late.AuthTime = r.Now().Add(-6 * time.Minute)
	r.want(r.Call(late, "DELETE", path, nil), 403, "reauthentication_required")
	r.want(r.refresh(tokens.RefreshToken), 200, "")
	for range 2 {
		r.want(r.Call(support, "DELETE", path, nil), 204, "")
	}
	r.want(r.refresh(tokens.RefreshToken), 400, "invalid_grant")
	r.want(r.loginWith("anna@example.com", password, recovery[0]), 200, "") // a code that is not asked for
	if told, deeds := r.mails("factors_reset"), r.deeds(); told != 1 || len(deeds) != 1 || deeds[0] != "01SUPPORT factors.reset "+anna {
		t.Errorf("%d mails, deeds %q", told, deeds)
	}

	me := r.in(r.login("anna@example.com", password))
	secret, recovery := r.enrols(me)
	r.want(r.Call(me, "PUT", "/v1/me/password", map[string]any{"password": "kvmzqpwr"}), 204, "")
	r.want(r.Call(support, "DELETE", path, nil), 204, "")
	r.Advance(30 * time.Second)
	for _, code := range []string{"", r.code(secret), recovery[0]} {
		r.want(r.loginWith("anna@example.com", "kvmzqpwr", code), 401, "invalid_credentials")
	}
	r.want(r.post("/v1/auth/password/forgot", map[string]any{"email": "anna@example.com"}), 202, "")
	r.want(r.post("/v1/auth/password/reset", map[string]any{"token": r.token("password_reset", "anna@example.com"), "password": "quite another sentence"}), 204, "")
	r.login("anna@example.com", "quite another sentence")
}

func TestWhoseFactorsNobodyTakesAway(t *testing.T) {
	t.Parallel()
	r := open(t)
	root := r.admin()
	support := functiontest.Person{ID: r.member("ben@example.com"), Roles: []identity.Role{identity.Member, identity.Support}}
	anna := r.member("anna@example.com")
	r.want(r.Call(root, "PUT", "/v1/admin/users/"+anna+"/roles/support", nil), 204, "")
	r.enrols(r.in(r.login("anna@example.com", password)))
	r.want(r.Call(support, "DELETE", "/v1/admin/users/"+anna+"/factors", nil), 403, "admin_needed")
	r.want(r.Call(support, "DELETE", "/v1/admin/users/"+root.ID+"/factors", nil), 403, "admin_needed")
	r.want(r.Call(support, "DELETE", "/v1/admin/users/"+support.ID+"/factors", nil), 409, "own_factors")
	r.want(r.Call(root, "DELETE", "/v1/admin/users/"+root.ID+"/factors", nil), 409, "own_factors")
	r.want(r.Call(root, "DELETE", "/v1/admin/users/01NOBODY/factors", nil), 404, "account_not_found")
	r.want(r.loginWith("anna@example.com", password, ""), 401, "second_factor_required")
	r.want(r.Call(root, "DELETE", "/v1/admin/users/"+anna+"/factors", nil), 204, "")
	r.login("anna@example.com", password)
}
