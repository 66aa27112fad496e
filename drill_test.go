package paceline

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/oklog/ulid/v2"

	"paceline/events"
	"paceline/functions/upload/archive/archivetest"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/shared/function"
	"paceline/shared/function/identity"
	"paceline/shared/function/local"
	"paceline/shared/function/store"
)

// abuse is one way to abuse the platform: how it is answered, what it leaves
// behind, and what it adds up to when somebody goes on.
type abuse struct {
	name   string
	once   func(d *drill) answer // one attack
	status int
	code   string
	event  string // its one signal, or ""
	unsaid bool   // of which there is no log: how long telling takes is not to be seen
	more   func(d *drill)
	alert  string // the rule of the alert that comes of more, or ""
	stores bool   // it changes what it must change
}

// duplicate is told in the log and counted, and is no signal: brokers deliver twice.
const duplicate = "event_duplicate"

// absent are cases of the threat model that nothing here could be attacked by.
var absent = []string{
	"16 SSRF: no request has an address that the platform would call",
	"17 prices, stock, payments: the shop is not part of the platform yet",
}

// TestTheDrill attacks a running platform in each way that the threat model
// names. Each attack is answered as it should be, keeps nothing, and is told
// once; whoever goes on is an alert, and the quiet day before is none.
func TestTheDrill(t *testing.T) {
	t.Parallel()
	d := newDrill(t)
	anna, ben, private := d.live()
	for rule, a := range d.alerts() {
		t.Errorf("a quiet day ended with the alert %s about %s", rule, a.Value)
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "case\tanswer\tevent\talert\tseconds")
	cases := d.abuses(anna, ben, private)
	d.settled()
	d.told()
	for _, c := range cases {
		before, heard := d.digest(), d.heard()
		got := c.once(d)
		if got.status != c.status || got.code() != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.name, got.status, got.body, c.status, c.code)
		}
		if c.event != "" && c.event != duplicate {
			d.soon("the signal of "+c.name, func() bool { return d.heard() > heard })
		}
		if told := d.told(); told != c.event && !(c.unsaid && told == "" && d.heard() == heard+1) {
			t.Errorf("%s: told as %q, want %q once", c.name, told, c.event)
		}
		if left := difference(before, d.digest()); len(left) > 0 && !c.stores {
			t.Errorf("%s: left behind %s", c.name, strings.Join(left, ", "))
		}
		seconds, alert := "–", "–"
		if c.alert != "" {
			began := time.Now()
			if c.more != nil {
				c.more(d)
			}
			alert = c.alert + " (" + string(d.await(c.alert).Level) + ")"
			seconds = fmt.Sprintf("%.1f", time.Since(began).Seconds())
		}
		d.told()
		fmt.Fprintf(w, "%s\t%d %s\t%s\t%s\t%s\n", c.name, got.status, got.code(), orDash(c.event), alert, seconds)
	}
	_ = w.Flush() // a builder takes everything
	t.Logf("the drill:\n%snot applicable:\n%s", table.String(), strings.Join(absent, "\n"))
	d.blocksEnd(ben)
}

// blocksEnd lets an operator end the block that the drill led to.
func (d *drill) blocksEnd(walker *person) {
	d.t.Helper()
	a := d.alerts()["object-walking"]
	if got := d.json(walker.token, "GET", "/v1/workouts", nil); got.status != 403 || got.code() != "blocked" || got.header.Get("Retry-After") == "" {
		d.t.Errorf("who walks through ids gets %d %s, Retry-After %q", got.status, got.body, got.header.Get("Retry-After"))
	}
	desk := &desk{r: d.running, config: d.t.TempDir(), token: d.root.token}
	out, _ := desk.kn(0, "alert", "list", "--state", "open")
	has(d.t, out, a.ID, "object-walking", walker.id)
	out, _ = desk.kn(0, "alert", "acknowledge", a.ID)
	has(d.t, out, "acknowledged")
	out, _ = desk.kn(0, "alert", "release", a.ID)
	has(d.t, out, "released")
	_, complaints := desk.kn(1, "alert", "release", "none")
	has(d.t, complaints, "404 alert_not_found")
	d.soon("the end of the block", func() bool { return d.json(walker.token, "GET", "/v1/workouts", nil).status == 200 })
	d.soon("the mail about it", func() bool { return d.mails("ops@example.com")["Security alert: object-walking"] != nil })
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// many does one thing so often.
func many(n int, do func(i int)) func(*drill) {
	return func(*drill) {
		for i := range n {
			do(i)
		}
	}
}

// abuses are the cases that apply, in the order of the threat model.
func (d *drill) abuses(anna, ben *person, private string) []abuse {
	plain, forger, scanner, thief, owner := d.attacker(), d.attacker(), d.attacker(), d.attacker(), d.attacker()
	walker, climber, meddler, bomber := d.attacker().with(ben.token), d.attacker(), d.attacker(), d.attacker()
	carl, dora, emil, fred, gina := d.join("Carl"), d.join("Dora"), d.join("Emil"), d.join("Fred"), d.join("Gina")
	insider := d.attacker()
	keys, err := local.OpenKeys(filepath.Join(d.dir, "keys"), issuers(), time.Now)
	if err != nil {
		d.t.Fatal(err)
	}
	callee, err := keys.Signer("gateway").CallToken("stats", identity.Caller{UserID: anna.id, Roles: []identity.Role{identity.Member}})
	if err != nil {
		d.t.Fatal(err)
	}
	refresh := func(a attacker, token string) answer {
		return a.do("POST", "/v1/auth/refresh", map[string]string{"refresh_token": token})
	}
	wrong := func(a attacker, email string) answer {
		return a.do("POST", "/v1/auth/login", map[string]string{"email": email, "password": "a goat walks into a bar"})
	}
	asker := d.attacker()
	forget := func(email string) answer {
		return asker.do("POST", "/v1/auth/password/forgot", map[string]string{"email": email})
	}
	last := ""
	genuine, err := events.New(events.WithCause(context.Background(), events.Cause{ID: "drill"}), "accounts", events.AuditRecorded{
		RecordID: "drill", Function: "accounts", Action: "account.look", ActorID: d.root.id, TargetID: anna.id, Outcome: function.Done, At: time.Now().UTC(),
	}, time.Now())
	if err != nil {
		d.t.Fatal(err)
	}
	d.running.send(genuine)
	log := store.New(store.Config{Function: "watch", Client: d.redis}).LedgerKey("audit", "log")
	list, link, flood := d.attacker(), d.attacker(), d.attacker().with(gina.token)
	return []abuse{
		{name: "1 no token", status: 401, code: "token_missing", event: "authn_missing", alert: "path-probing",
			once: func(*drill) answer { return plain.do("GET", "/v1/me", nil) },
			more: many(31, func(i int) { plain.do("GET", fmt.Sprintf("/v1/wiki/%d", i), nil) })},
		{name: "2 forged tokens", status: 401, code: "token_invalid", event: "jwt_reject", alert: "forged-token",
			once: func(*drill) answer { return forger.with(forged(ben.token, "none", nil)).do("GET", "/v1/me", nil) },
			more: func(*drill) {
				for _, token := range []string{
					forged(ben.token, "HS256", nil), forged(ben.token, "EdDSA", map[string]any{"jwk": map[string]string{"kty": "OKP"}}),
					forged(ben.token, "EdDSA", map[string]any{"kid": "../../etc/passwd"}),
				} {
					forger.with(token).do("GET", "/v1/me", nil)
				}
			}},
		{name: "3 a token for another part", status: 401, code: "token_invalid", event: "jwt_reject",
			once: func(d *drill) answer { return d.attacker().with(callee).do("GET", "/v1/me", nil) }},
		{name: "4 a stolen refresh token", status: 400, code: "invalid_grant", event: "authn_token_reuse", alert: "refresh-token-reuse", stores: true,
			once: func(d *drill) answer {
				first := anna.refreshToken(owner)
				second := tokenIn(d, refresh(owner, first))
				last = tokenIn(d, refresh(owner, second))
				d.told()
				return refresh(thief, first)
			},
			more: func(d *drill) {
				if again := refresh(owner, last); again.status != 400 {
					d.t.Errorf("the family lives on: %d %s", again.status, again.body)
				}
			}},
		{name: "5 a token after its end", status: 401, code: "token_revoked", event: "session_use_after_expire", alert: "revoked-token-use", stores: true,
			once: func(d *drill) (got answer) {
				carl.want(204, "POST", "/v1/auth/logout", nil, nil)
				d.soon("the end of the session", func() bool {
					got = thief.with(carl.token).do("GET", "/v1/me", nil)
					return got.status == 401
				})
				return got
			},
			more: many(10, func(int) { thief.with(carl.token).do("GET", "/v1/me", nil) })},
		{name: "6 stuffing, one account", status: 401, code: "invalid_credentials", event: "authn_login_fail", alert: "stuffing-one-account",
			once: func(d *drill) answer { return wrong(d.attacker(), dora.email) },
			more: func(d *drill) {
				for range 10 {
					wrong(d.attacker(), dora.email)
				}
			}},
		{name: "6 stuffing, one source", status: 401, code: "invalid_credentials", event: "authn_login_fail", alert: "stuffing-one-source",
			once: func(*drill) answer { return wrong(list, "a@example.com") },
			more: many(20, func(i int) { wrong(list, fmt.Sprintf("b%d@example.com", i)) })},
		{name: "6 stuffing, many from many", status: 401, code: "invalid_credentials", event: "authn_login_fail", alert: "stuffing-many-sources",
			once: func(d *drill) answer { return wrong(d.attacker(), "c@example.com") },
			more: func(d *drill) {
				const machines = 4 // that are steered at once; each try comes from another address
				var tries sync.WaitGroup
				for range machines {
					var bots []attacker
					for range 300 / machines {
						bots = append(bots, d.attacker())
					}
					tries.Go(func() {
						for _, bot := range bots {
							wrong(bot, "of-"+bot.address+"@example.com")
						}
					})
				}
				tries.Wait()
			}},
		{name: "7 who is registered", status: 202, event: "authn_reset_unknown", unsaid: true, alert: "enumeration",
			once: func(*drill) answer { return forget("nobody@example.com") },
			more: many(9, func(i int) { forget(fmt.Sprintf("nobody%d@example.com", i)) })},
		{name: "8 another's workout", status: 404, code: "workout_not_found", event: "malicious_direct_reference", alert: "object-walking",
			once: func(*drill) answer { return walker.do("GET", "/v1/workouts/"+private, nil) },
			more: many(20, func(int) { walker.do("GET", "/v1/workouts/"+ulid.Make().String(), nil) })},
		{name: "9 what operators may", status: 403, code: "role_missing", event: "authz_fail", alert: "privilege-tries",
			once: func(*drill) answer { return climber.with(emil.token).do("GET", "/v1/admin/deadletters", nil) },
			more: many(5, func(int) { climber.with(emil.token).do("GET", "/v1/admin/deadletters", nil) })},
		{name: "10 mass assignment", status: 422, code: "invalid_member", event: "input_validation_fail",
			once: func(*drill) answer {
				return meddler.with(fred.token).do("PATCH", "/v1/me", `{"display_name":"Fred","roles":["admin"]}`)
			}},
		{name: "10 a member twice", status: 400, code: "invalid_json", event: "input_validation_fail", alert: "bad-input",
			once: func(*drill) answer { return meddler.with(fred.token).do("PATCH", "/v1/me", `{"bio":"a","bio":"b"}`) },
			more: many(50, func(int) { meddler.with(fred.token).do("PATCH", "/v1/me", `{"bio":"a","Bio":"b"}`) })},
		{name: "11 what is inside", status: 404, code: "not_found", event: "forbidden_probe", alert: "inside-probe",
			once: func(d *drill) answer { return d.attacker().with(fred.token).do("GET", "/fn/stats/v1/workouts", nil) }},
		{name: "11 a honey path", status: 401, code: "token_missing", event: "malicious_honey", alert: "honey-path",
			once: func(*drill) answer { return scanner.do("GET", "/admin/backup", nil) }},
		{name: "12 a forged event", status: 401, code: "token_missing", event: "event_auth_fail", alert: "forged-event",
			once: func(d *drill) answer { return insider.at(d.inside, "POST", "/fn/stats/events", aForgedEvent) }},
		{name: "12 a person's token", status: 401, code: "token_invalid", event: "event_auth_fail",
			once: func(d *drill) answer {
				return insider.with(fred.token).at(d.inside, "POST", "/fn/feed/events", aForgedEvent)
			}},
		{name: "13 an event again", status: 202, event: duplicate,
			once: func(d *drill) answer { return d.deliver(d.delivery(genuine, time.Now)) }},
		{name: "14 a bomb", status: 413, code: "file_too_large", event: "upload_validation", alert: "upload-attack",
			once: func(d *drill) answer {
				return bomber.with(fred.token).do("POST", "/v1/workouts", d.file("a.gpx.gz", gzipped(70<<20)))
			},
			more: func(d *drill) {
				for range 3 {
					bomber.with(fred.token).do("POST", "/v1/workouts", d.file("../../a.gpx", withDoctype()))
				}
			}},
		{name: "14 a bomb of an archive", status: 413, code: "zip_bomb", event: "upload_validation",
			once: func(d *drill) answer {
				bomb := archivetest.Of(archivetest.Entry{Name: "a.gpx", Change: func(h *zip.FileHeader) { h.UncompressedSize64 = 8 << 20 }})
				return d.attacker().with(gina.token).do("POST", "/v1/imports", d.file("a.zip", bomb))
			}},
		{name: "15 a document type", status: 422, code: "xml_doctype", event: "upload_validation",
			once: func(d *drill) answer {
				return d.attacker().with(gina.token).do("POST", "/v1/workouts", d.file("../../a.gpx", withDoctype()))
			}},
		{name: "17 a forged link", status: 422, code: "invalid_token", event: "webhook_reject", alert: "forged-link",
			once: func(*drill) answer { return link.do("POST", "/v1/mail/unsubscribe?token=abc.def", nil) },
			more: many(6, func(int) { link.do("POST", "/v1/mail/unsubscribe?token=abc.def", nil) })},
		{name: "18 another's credentials", status: 500, code: "internal", event: "acl_denied", alert: "redis-refused",
			once: func(d *drill) answer {
				d.refused("feed", [][]any{{"get", "social:{0001}:profile:x"}, {"set", "social:{0001}:profile:x", "1"}, {"scan", "0"}, {"randomkey"}, {"keys", "*"}}...)
				d.may("social", "feed")
				defer d.may("social", "social")
				return d.attacker().with(fred.token).do("GET", "/v1/users/"+anna.id, nil)
			}},
		{name: "19 a flood", status: 429, code: "rate_limited", event: "excess_rate_limit_exceeded", alert: "flood",
			once: func(d *drill) (got answer) {
				for got.status != 429 {
					got = flood.do("GET", "/v1/me", nil)
				}
				return got
			},
			more: many(200, func(int) { flood.do("GET", "/v1/me", nil) })},
		{name: "20 the audit log", status: 200, event: "audit_chain_broken", alert: "audit-broken", stores: true,
			once: func(d *drill) answer {
				d.refused("watch", [][]any{{"lset", log, "0", "{}"}, {"ltrim", log, "1", "-1"}, {"lpop", log}, {"lpush", log, "{}"}, {"del", log}, {"rename", log, "watch:{0001}:x"}, {"expire", log, "1"}, {"set", log, "x"}}...)
				d.refused("accounts", [][]any{{"rpush", log, "{}"}, {"lrange", log, "0", "1"}}...)
				if err := d.redis.LSet(context.Background(), log, 0, "{}").Err(); err != nil { // an admin of Redis can
					d.t.Fatal(err)
				}
				d.sweep(d.all)
				return d.attacker().with(d.root.token).do("GET", "/v1/admin/audit", nil)
			}},
	}
}

const aForgedEvent = `{"specversion":"1.0","id":"1","source":"/functions/upload","type":"` + events.TypeWorkoutUploaded + `","data":{}}`

// refreshToken signs a person in and returns their refresh token.
func (p *person) refreshToken(from attacker) string {
	return tokenIn(from.d, from.do("POST", "/v1/auth/login", map[string]string{"email": p.email, "password": testPassword}))
}

func tokenIn(d *drill, a answer) string {
	d.t.Helper()
	var tokens struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.Unmarshal(a.body, &tokens); err != nil || tokens.RefreshToken == "" {
		d.t.Fatalf("%d %s has no refresh token", a.status, a.body)
	}
	return tokens.RefreshToken
}

// forged is a token whose header says something else.
func forged(token, alg string, header map[string]any) string {
	parts := strings.Split(token, ".")
	was, _ := base64.RawURLEncoding.DecodeString(parts[0]) // it is ours
	said := map[string]any{}
	_ = json.Unmarshal(was, &said)
	said["alg"] = alg
	for name, value := range header {
		said[name] = value
	}
	b, _ := json.Marshal(said) // plain values
	return base64.RawURLEncoding.EncodeToString(b) + "." + parts[1] + "." + parts[2]
}

// gzipped is so many spaces, packed.
func gzipped(n int) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(bytes.Repeat([]byte(" "), n)) // a buffer never fails
	_ = z.Close()
	return b.Bytes()
}

// withDoctype is a run behind a document type.
func withDoctype() []byte {
	const heading = `<?xml version="1.0" encoding="UTF-8"?>`
	return []byte(heading + `<!DOCTYPE gpx [<!ENTITY a "b">]>` + strings.TrimPrefix(string(gpxtest.Run(monday, 60)), heading))
}
