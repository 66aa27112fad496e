package accounts_test

import (
	"testing"
	"time"

	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
)

// says is what an access token says.
func (r rig) says(token string) identity.Caller {
	r.T.Helper()
	v := identity.NewVerifier(identity.AccessType, identity.AudiencePlatform, []string{"accounts"}, r.keys(), r.Now)
	who, err := v.Verify(r.T.Context(), token)
	if err != nil {
		r.T.Fatal(err)
	}
	return who
}

// in is the person of a session, as its newest access token says.
func (r rig) in(tokens api.Tokens) functiontest.Person {
	who := r.says(tokens.AccessToken)
	return functiontest.Person{ID: who.UserID, Roles: who.Roles, Session: who.SessionID, AuthTime: who.AuthTime}
}

func TestATokenSaysWhenAndHowItsPersonSignedIn(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	tokens := r.login("anna@example.com", password)
	who := r.says(tokens.AccessToken)
	if !who.AuthTime.Equal(r.Now()) || len(who.Methods) != 1 || who.Methods[0] != "pwd" {
		t.Errorf("the token says %+v", who)
	}
	r.Advance(4 * time.Minute)
	a := r.refresh(tokens.RefreshToken)
	r.want(a, 200, "")
	a.JSON(t, &tokens)
	if next := r.says(tokens.AccessToken); !next.AuthTime.Equal(who.AuthTime) {
		t.Errorf("a refresh made the sign-in newer: %v, want %v", next.AuthTime, who.AuthTime)
	}
}

func TestANewProofHoldsInTheSessionAndItsNextToken(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	tokens := r.login("anna@example.com", password)
	me := r.in(tokens)
	r.Advance(time.Hour)
	r.want(r.Call(me, "POST", "/v1/me/reauthenticate", map[string]any{"password": "not the password"}), 401, "invalid_credentials")
	r.want(r.Call(me, "POST", "/v1/me/reauthenticate", map[string]any{"password": password}), 204, "")
	a := r.refresh(tokens.RefreshToken)
	r.want(a, 200, "")
	a.JSON(t, &tokens)
	if who := r.says(tokens.AccessToken); !who.Recent(r.Now()) {
		t.Errorf("the next token says %v, now is %v", who.AuthTime, r.Now())
	}
	stranger := functiontest.Person{ID: me.ID, Session: "01ENDED", AuthTime: me.AuthTime}
	r.want(r.Call(stranger, "POST", "/v1/me/reauthenticate", map[string]any{"password": password}), 404, "session_not_found")
}

func TestAllOtherSessionsEnd(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	phone, watch, here := r.login("anna@example.com", password), r.login("anna@example.com", password), r.login("anna@example.com", password)
	r.want(r.Call(r.in(here), "DELETE", "/v1/me/sessions", nil), 204, "")
	for _, ended := range []api.Tokens{phone, watch} {
		r.want(r.refresh(ended.RefreshToken), 400, "invalid_grant")
	}
	r.want(r.refresh(here.RefreshToken), 200, "")
}
