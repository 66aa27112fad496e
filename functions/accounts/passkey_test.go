package accounts_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
)

func step(name string, more map[string]any) map[string]any {
	out := map[string]any{"step": name}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func (r rig) challenge(a functiontest.Answer) api.PasskeyChallenge {
	r.T.Helper()
	r.want(a, 202, "")
	var c api.PasskeyChallenge
	a.JSON(r.T, &c)
	return c
}

const passkeys = "/v1/me/factors/passkeys"

// registers makes key a passkey of me.
func (r rig) registers(me functiontest.Person, key *authenticator) api.PasskeyRegistered {
	r.T.Helper()
	c := r.challenge(r.Call(me, "POST", passkeys, step("begin", nil)))
	a := r.Call(me, "POST", passkeys, step("finish", map[string]any{"ceremony": c.Ceremony, "response": key.create(c.Options), "name": "Laptop"}))
	r.want(a, 201, "")
	var out api.PasskeyRegistered
	a.JSON(r.T, &out)
	return out
}

func (r rig) beginsSignIn() api.PasskeyChallenge {
	r.T.Helper()
	return r.challenge(r.post("/v1/auth/login", map[string]any{"passkey": step("begin", nil)}))
}

func (r rig) finishes(c api.PasskeyChallenge, response map[string]any) functiontest.Answer {
	r.T.Helper()
	return r.post("/v1/auth/login", map[string]any{"passkey": step("finish", map[string]any{"ceremony": c.Ceremony, "response": response})})
}

func TestAPasskeySignsInByItself(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	me := r.in(r.login("anna@example.com", password))
	key := newAuthenticator(t)
	key.synced = true
	if got := r.registers(me, key); len(got.RecoveryCodes) != 10 || got.Passkey.Name != "Laptop" {
		t.Errorf("registered %+v", got)
	}
	c := r.beginsSignIn()
	word := key.get(c.Options)
	a := r.finishes(c, word)
	r.want(a, 200, "")
	var tokens api.Tokens
	a.JSON(t, &tokens)
	if who := r.says(tokens.AccessToken); who.UserID != me.ID || fmt.Sprint(who.Methods) != "[pop user mfa]" {
		t.Errorf("signed in as %+v", who)
	}
	r.want(r.finishes(c, word), 400, "invalid_ceremony") // once
	r.want(r.post("/v1/auth/login", map[string]any{"email": "anna@example.com", "password": password}), 401, "second_factor_required")
}

func TestPasskeysThatProveNothing(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	me := r.in(r.login("anna@example.com", password))
	key := newAuthenticator(t)
	r.registers(me, key)
	other := newAuthenticator(t)
	other.id, other.handle = key.id, key.handle
	cases := map[string]func(c api.PasskeyChallenge) map[string]any{
		"another key": func(c api.PasskeyChallenge) map[string]any { return other.get(c.Options) },
		"another origin": func(c api.PasskeyChallenge) map[string]any {
			k := *key
			k.origin = "https://evil.example"
			return k.get(c.Options)
		},
		"another party":     func(c api.PasskeyChallenge) map[string]any { k := *key; k.rp = "evil.example"; return k.get(c.Options) },
		"nobody was asked":  func(c api.PasskeyChallenge) map[string]any { k := *key; k.flags = present; return k.get(c.Options) },
		"another challenge": func(api.PasskeyChallenge) map[string]any { return key.get(r.beginsSignIn().Options) },
		"another person": func(c api.PasskeyChallenge) map[string]any {
			k := *key
			k.handle = []byte("01NOBODY")
			return k.get(c.Options)
		},
		"a key of Redis": func(c api.PasskeyChallenge) map[string]any {
			k := *key
			k.handle = []byte("x}:{y")
			return k.get(c.Options)
		},
		"nothing":       func(api.PasskeyChallenge) map[string]any { return nil },
		"no credential": func(api.PasskeyChallenge) map[string]any { return map[string]any{"id": "x"} },
	}
	for name, answer := range cases {
		c := r.beginsSignIn()
		if a := r.finishes(c, answer(c)); a.Status != 401 || a.Code() != "passkey_invalid" {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	c := r.beginsSignIn()
	late := key.get(c.Options)
	r.Advance(5*time.Minute + time.Second)
	r.want(r.finishes(c, late), 400, "invalid_ceremony")
	r.want(r.finishes(drawnOut(t, c), late), 400, "invalid_ceremony")
	again := r.challenge(r.Call(functiontest.Person{ID: me.ID, Session: me.Session}, "POST", "/v1/me/reauthenticate", map[string]any{"passkey": step("begin", nil)}))
	r.want(r.finishes(again, key.get(again.Options)), 400, "invalid_ceremony") // begun for something else
	r.want(r.finishes(api.PasskeyChallenge{Ceremony: "e30." + "x"}, nil), 400, "invalid_ceremony")
	r.want(r.post("/v1/auth/login", map[string]any{"passkey": step("jump", nil)}), 422, "invalid_member")
	c = r.beginsSignIn()
	r.want(r.finishes(c, key.get(c.Options)), 200, "")
	key.counter = 0 // a copy of the key, as its counter gives away
	c = r.beginsSignIn()
	r.want(r.finishes(c, key.get(c.Options)), 401, "passkey_invalid")
}

// drawnOut is a ceremony to which its browser gives more time.
func drawnOut(t *testing.T, c api.PasskeyChallenge) api.PasskeyChallenge {
	t.Helper()
	body, mac, _ := strings.Cut(c.Ceremony, ".")
	raw, err := base64.RawURLEncoding.DecodeString(body)
	var held map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &held)
	}
	held["Until"] = functiontest.Start.AddDate(1, 0, 0)
	if err == nil {
		raw, err = json.Marshal(held)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.Ceremony = base64.RawURLEncoding.EncodeToString(raw) + "." + mac
	return c
}

func TestAPasskeyProvesAgainWhoOneIs(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.member("anna@example.com")
	tokens := r.login("anna@example.com", password)
	me := r.in(tokens)
	key := newAuthenticator(t)
	r.registers(me, key)
	r.Advance(time.Hour)
	r.want(r.Call(me, "POST", passkeys, step("begin", nil)), 403, "reauthentication_required")
	c := r.challenge(r.Call(me, "POST", "/v1/me/reauthenticate", map[string]any{"passkey": step("begin", nil)}))
	r.want(r.Call(me, "POST", "/v1/me/reauthenticate", map[string]any{"passkey": step("finish", map[string]any{"ceremony": c.Ceremony, "response": key.get(c.Options)})}), 204, "")
	var have api.Factors
	r.Call(me, "GET", "/v1/me/factors", nil).JSON(t, &have)
	r.want(r.Call(me, "DELETE", passkeys+"/"+have.Passkeys[0].ID, nil), 204, "")
	r.want(r.Call(me, "DELETE", passkeys+"/"+have.Passkeys[0].ID, nil), 404, "factor_not_found")
	c = r.beginsSignIn()
	r.want(r.finishes(c, key.get(c.Options)), 401, "passkey_invalid")
	if told := r.mails("factors_changed"); told != 2 {
		t.Errorf("%d mails of two changes", told)
	}
}

// mails counts the mails of a template.
func (r rig) mails(template string) int {
	r.T.Helper()
	n := 0
	for _, m := range functiontest.SentOf[events.MailRequested](r.Rig) {
		if m.Template == template {
			n++
		}
	}
	return n
}
