package mail

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/redistest"
	"paceline/shared/smtptest"
)

func TestAMailWaitsUntilTheAddressIsProven(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t)
	s.redeliver("mail", follower("key"), http.StatusConflict)
	s.deliver(events.AccountRegistered{UserID: "anna", Email: "anna@example.org", Locale: "ru", RegisteredAt: s.Now()}, http.StatusAccepted)
	s.redeliver("mail", follower("key"), http.StatusConflict)
	s.verify("anna", "anna@example.org", "ru")
	s.redeliver("mail", follower("key"), http.StatusAccepted)
	m := expectMails(t, server, 1)[0]
	if len(m.To) != 1 || m.To[0] != "anna@example.org" || m.GetHeader("Subject") != "Новый подписчик: Boris" {
		t.Errorf("to %v, subject %q", m.To, m.GetHeader("Subject"))
	}
}

func TestTheNewestChoiceOfLanguageAndAddressWins(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t)
	now := s.Now()
	s.deliver(events.ProfileUpdated{UserID: "anna", Version: 2, Locale: "ru", UpdatedAt: now.Add(2 * time.Hour)}, http.StatusAccepted)
	s.deliver(events.AccountVerified{UserID: "anna", Email: "new@example.org", Locale: "en", VerifiedAt: now.Add(time.Hour)}, http.StatusAccepted)
	s.deliver(events.AccountVerified{UserID: "anna", Email: "old@example.org", Locale: "en", VerifiedAt: now}, http.StatusAccepted)
	s.deliver(follower("one"), http.StatusAccepted)
	english := follower("two")
	english.Locale = "en-GB"
	s.deliver(english, http.StatusAccepted)
	m := expectMails(t, server, 2)
	if m[0].To[0] != "new@example.org" || !strings.Contains(m[0].GetHeader("Subject"), "Новый") || m[1].GetHeader("Subject") != "Boris follows you" {
		t.Errorf("to %v, subjects %q and %q", m[0].To, m[0].GetHeader("Subject"), m[1].GetHeader("Subject"))
	}
}

// unsubscribePath is the one-click path of a mail.
func unsubscribePath(t *testing.T, m smtptest.Message) string {
	t.Helper()
	link := strings.Trim(m.GetHeader("List-Unsubscribe"), "<>")
	path, ok := strings.CutPrefix(link, publicBase)
	if !ok || m.GetHeader("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Fatalf("List-Unsubscribe: %q, -Post: %q", m.GetHeader("List-Unsubscribe"), m.GetHeader("List-Unsubscribe-Post"))
	}
	return path
}

func TestOneClickEndsOneKindOfMailAndNoOther(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t)
	s.verify("anna", "anna@example.org", "en")
	s.deliver(follower("one"), http.StatusAccepted)
	path := unsubscribePath(t, expectMails(t, server, 1)[0])
	guest := functiontest.Person{}
	click := []string{"Content-Type", "application/x-www-form-urlencoded"}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if a := s.Call(guest, method, path, nil); a.Status != http.StatusMethodNotAllowed {
			t.Errorf("%s was answered %d, want 405", method, a.Status)
		}
	}
	s.deliver(follower("two"), http.StatusAccepted)
	expectMails(t, server, 2)
	for range 2 {
		if a := s.Call(guest, http.MethodPost, path, []byte("List-Unsubscribe=One-Click"), click...); a.Status != http.StatusNoContent {
			t.Fatalf("the click was answered %d %s", a.Status, a.Body)
		}
	}
	s.deliver(follower("three"), http.StatusAccepted)
	expectMails(t, server, 2)
	b := functiontest.SentOf[events.MailBounced](s.Rig)
	if len(b) != 1 || b[0].Reason != "unsubscribed" {
		t.Errorf("bounced: %+v", b)
	}
	other := follower("four")
	other.Template = "follow_request"
	s.deliver(other, http.StatusAccepted)
	s.deliver(reset("five"), http.StatusAccepted)
	m := expectMails(t, server, 4)
	if m[3].GetHeader("List-Unsubscribe") != "" {
		t.Error("one can unsubscribe from a mail about the account itself")
	}
}

func TestATokenThatIsNotOursUnsubscribesNobody(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t)
	s.verify("anna", "anna@example.org", "en")
	s.deliver(follower("one"), http.StatusAccepted)
	path := unsubscribePath(t, expectMails(t, server, 1)[0])
	for query, code := range map[string]string{
		"": "invalid_parameter", "?token=": "invalid_parameter", "?token=x": "invalid_token",
		"?token=nobody.new_follower.AAAA": "invalid_token", "?token=anna.new_follower.AAAA": "invalid_token",
		"?" + strings.SplitN(strings.Replace(path, "new_follower", "workout_processed", 1), "?", 2)[1]: "invalid_token",
	} {
		a := s.Call(functiontest.Person{}, http.MethodPost, "/v1/mail/unsubscribe"+query, nil)
		if a.Status != http.StatusUnprocessableEntity || a.Code() != code {
			t.Errorf("%q was answered %d %s, want 422 %s", query, a.Status, a.Code(), code)
		}
	}
	s.deliver(follower("two"), http.StatusAccepted)
	expectMails(t, server, 2)
}

func TestTheServiceRunsOnARedisCluster(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t)
	s := serve(t, map[string]string{"SMTP_URL": server.URL(), "REDIS_URL": redistest.ClusterURL(t)})
	own := rand.Text() // tests share the cluster
	s.verify(own, own+"@example.org", "en")
	for i, fails := range []bool{false, true, false} {
		if fails {
			server.FailNext(550)
		}
		r := follower(fmt.Sprintf("%s/%d", own, i))
		r.UserID = own
		s.deliver(r, http.StatusAccepted)
	}
	s.expectEnds(1, 2)
	expectMails(t, server, 1)
}
