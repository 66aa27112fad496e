package mail

import (
	"strings"
	"testing"
	"time"

	"paceline/shared/function/fault"
)

func TestRecipientTakesOneBareAddressOnly(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"anna@example.org", "anna+tag@example.org", "o'neil@example.org", "анна@example.org"} {
		if got, err := recipient(to); err != nil || got != to {
			t.Errorf("recipient(%q) = %q, %v", to, got, err)
		}
	}
	for _, to := range []string{
		"", "anna", "@example.org", "anna@", "Anna <anna@example.org>", "<anna@example.org>", "a@example.org, b@example.org",
		"anna@example.org\r\nBcc: b@example.org", "anna@example.org\n", "anna@example.org> SIZE=1", `"a b"@example.org`,
		strings.Repeat("a", 250) + "@example.org",
	} {
		if got, err := recipient(to); fault.Of(err).Code != "invalid_address" {
			t.Errorf("recipient(%q) = %q, %v, want invalid_address", to, got, err)
		}
	}
}

func TestCleanMakesOneHarmlessLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"  Anna \t O'Neil ":      "Anna O'Neil",
		"a\r\nb\x00c":            "a b c",
		"a\u202eb\u2028c":        "a b c",
		"👩‍🚴 Aña":                "👩‍🚴 Aña",
		"bad \xff byte":          "bad byte",
		strings.Repeat("я", 201): strings.Repeat("я", 199) + "…",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLocaleOfFallsBackToEnglish(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ request, person, want string }{
		{"", "", "en"}, {"ru", "", "ru"}, {"", "ru", "ru"}, {"en", "ru", "en"}, {"ru-RU", "", "ru"}, {"RU_ru", "", "ru"},
		{"de", "ru", "en"}, {"../../etc", "", "en"}, {"en-GB", "", "en"},
	} {
		if got := localeOf(c.request, c.person); got != c.want {
			t.Errorf("localeOf(%q, %q) = %q, want %q", c.request, c.person, got, c.want)
		}
	}
}

func TestValidForIsWrittenInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ value, en, ru string }{
		{"24h0m0s", "24 hours", "24 часа"}, {"1h", "1 hour", "1 час"}, {"10m", "10 minutes", "10 минут"},
		{"90m", "90 minutes", "90 минут"}, {"1m", "1 minute", "1 минуту"}, {"12m", "12 minutes", "12 минут"},
		{"22m", "22 minutes", "22 минуты"}, {"111h", "111 hours", "111 часов"}, {"two days", "two days", "two days"},
	} {
		if en, ru := validFor(c.value, "en"), validFor(c.value, "ru"); en != c.en || ru != c.ru {
			t.Errorf("validFor(%q) = %q, %q, want %q, %q", c.value, en, ru, c.en, c.ru)
		}
	}
}

func TestLinksCarryNothingButTheirToken(t *testing.T) {
	t.Parallel()
	public, _ := publicURL("https://paceline.example")
	data := map[string]string{"token": "a.b-c", "name": "https://evil.example"}
	for name, want := range map[string]string{
		"verify_email": "https://paceline.example/verify?token=a.b-c", "password_reset": "https://paceline.example/reset?token=a.b-c",
		"new_follower": "https://paceline.example/login",
	} {
		if got := kinds[name].link(public, data); got != want {
			t.Errorf("the link of %s is %s, want %s", name, got, want)
		}
	}
	for _, bad := range []string{"", "a b", "a&b=c", "a#b", "a\r\nb", "../x", "%41"} {
		if _, err := kindOf("verify_email", map[string]string{"token": bad}); fault.Of(err).EventStatus() != 422 {
			t.Errorf("token %q: %v, want 422", bad, err)
		}
	}
}

func TestAKeyIsClaimedByOneAndKeptAfterACrash(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	within, after := start.Add(lease-time.Second), start.Add(lease)
	cases := map[string]struct {
		at         time.Time
		repeatable bool
		mine       bool
		state      state
	}{
		"while somebody sends, nobody else does":              {within, false, false, sending},
		"while somebody writes a file, nobody else does":      {within, true, false, sending},
		"what a crash left with a server is unknown for good": {after, false, false, unknown},
		"what a crash left in a folder is written again":      {after, true, true, sending},
	}
	for name, c := range cases {
		var d delivery
		if !d.take("first", start, c.repeatable) {
			t.Fatal("a new key could not be claimed")
		}
		if mine := d.take("second", c.at, c.repeatable); mine != c.mine || d.State != c.state || !d.FirstAt.Equal(start) {
			t.Errorf("%s: got %v, %+v", name, mine, d)
		}
	}
}

func TestReleasingOpensOnlyOnesOwnClaim(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	var d delivery
	d.take("mine", now, false)
	if d.release("other's"); d.State != sending {
		t.Error("a foreign claim was released")
	}
	if d.release("mine"); d.State != "" || !d.take("next", now.Add(time.Hour), false) || !d.FirstAt.Equal(now) {
		t.Errorf("after a release: %+v", d)
	}
	if d.end(sent, "", now); d.end(bounced, "late", now) || d.take("again", now.Add(time.Hour), true) {
		t.Errorf("a closed key moved: %+v", d)
	}
}

func TestFactsOfAPersonMayComeInAnyOrder(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time { return time.Date(2026, 5, 4, h, 0, 0, 0, time.UTC) }
	facts := []func(*Person){
		func(p *Person) { p.Speak("en", at(1)) },
		func(p *Person) { p.Prove("old@example.org", at(2)) },
		func(p *Person) { p.Speak("ru", at(3)) },
		func(p *Person) { p.Prove("new@example.org", at(4)) },
		func(p *Person) { p.Speak("", at(5)) },
	}
	for _, order := range [][]int{{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 0, 3, 1, 4}, {3, 1, 3, 2, 0}} {
		var p Person
		for _, i := range order {
			facts[i](&p)
		}
		if p.Email != "new@example.org" || p.Locale != "ru" {
			t.Errorf("in order %v: %+v", order, p)
		}
	}
}

func TestAnUnsubscribeTokenIsGoodForOnePersonAndKindOnly(t *testing.T) {
	t.Parallel()
	token := unsubscribeToken("01USER", "new_follower", "secret")
	user, template, ok := readToken(token)
	if !ok || user != "01USER" || template != "new_follower" || !goodToken(token, user, template, "secret") {
		t.Fatalf("%q reads as %q, %q, %v", token, user, template, ok)
	}
	for _, forged := range []string{
		strings.Replace(token, "new_follower", "workout_processed", 1), strings.Replace(token, "01USER", "02USER", 1),
		token + "A", token[:len(token)-1], "01USER.new_follower.", "..", "x", "",
	} {
		user, template, ok := readToken(forged)
		if ok && goodToken(forged, user, template, "secret") {
			t.Errorf("the forged token %q is good", forged)
		}
	}
	if goodToken(unsubscribeToken("u", "k", ""), "u", "k", "") {
		t.Error("a person without a secret has a good token")
	}
}

func TestARefusalTellsBadAddressesFromOtherTrouble(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code       int
		text, want string
		hard       bool
	}{
		{550, "5.1.1 <Anna@Example.org>: no such user", "550 5.1.1 <the address>: no such user", true},
		{553, "5.1.3 bad address syntax", "553 5.1.3 bad address syntax", true},
		{550, "5.1.8 bad sender", "550 5.1.8 bad sender", false},
		{552, "5.2.2 mailbox full", "552 5.2.2 mailbox full", false},
		{550, "blocked\r\nfor policy", "550 blocked for policy", false},
		{554, "5.7.1 spam", "554 5.7.1 spam", false},
	} {
		r := refused(c.code, c.text, "anna@example.org")
		if r.Error() != c.want || r.hard() != c.hard {
			t.Errorf("%d %q: %q, hard %v", c.code, c.text, r.Error(), r.hard())
		}
	}
}
