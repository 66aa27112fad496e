package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/functiontest"
	"paceline/shared/smtptest"
)

const publicBase = "https://paceline.example"

// service is a running mailing service.
type service struct {
	*functiontest.Rig
	t *testing.T
}

func serve(t *testing.T, vars map[string]string) *service {
	t.Helper()
	all := map[string]string{"PUBLIC_URL": publicBase, "MAIL_FROM": "Paceline <no-reply@mail.paceline.example>"}
	maps.Copy(all, vars)
	return &service{functiontest.New(t, "mail", Open, all), t}
}

// serveSMTP is a mailing service and the server that it sends to.
func serveSMTP(t *testing.T, options ...smtptest.Option) (*service, *smtptest.Server) {
	t.Helper()
	server := smtptest.New(t, options...)
	return serve(t, map[string]string{"SMTP_URL": server.URL()}), server
}

// deliver delivers p and checks the answer.
func (s *service) deliver(p events.Payload, want int) {
	s.t.Helper()
	s.redeliver(fmt.Sprintf("event-%p-%v", s, time.Now().UnixNano()), p, want)
}

func (s *service) redeliver(id string, p events.Payload, want int) {
	s.t.Helper()
	if got := s.Redeliver(id, p); got != want {
		s.t.Fatalf("%s was answered %d, want %d", p.EventType(), got, want)
	}
}

// verify makes a person with a proven address.
func (s *service) verify(user, email, locale string) {
	s.t.Helper()
	s.deliver(events.AccountVerified{UserID: user, Email: email, Locale: locale, VerifiedAt: s.Now()}, http.StatusAccepted)
}

func (s *service) expectEnds(sent, bounced int) {
	s.t.Helper()
	m, b := functiontest.SentOf[events.MailSent](s.Rig), functiontest.SentOf[events.MailBounced](s.Rig)
	if len(m) != sent || len(b) != bounced {
		s.t.Errorf("mail.sent %+v and mail.bounced %+v, want %d and %d", m, b, sent, bounced)
	}
}

func expectMails(t *testing.T, server *smtptest.Server, want int) []smtptest.Message {
	t.Helper()
	got := server.Messages()
	if len(got) != want {
		t.Fatalf("%d mails, want %d", len(got), want)
	}
	return got
}

func follower(key string) events.MailRequested {
	return events.MailRequested{Key: key, UserID: "anna", Template: "new_follower", Data: map[string]string{"name": "Boris"}}
}

func reset(key string) events.MailRequested {
	return events.MailRequested{Key: key, UserID: "anna", To: "anna@example.org", Template: "password_reset", Data: map[string]string{"token": "tok-1"}}
}

func TestOneKeyIsOneMailHoweverOftenItIsAsked(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t)
	s.redeliver("event-a", reset("key"), http.StatusAccepted)
	s.redeliver("event-a", reset("key"), http.StatusAccepted)
	s.redeliver("event-b", reset("key"), http.StatusAccepted)
	other := reset("key")
	other.UserID, other.To = "boris", "boris@example.org"
	s.redeliver("event-c", other, http.StatusAccepted)
	expectMails(t, server, 1)
	if server.Dialogs() != 1 {
		t.Errorf("%d dialogues for one mail", server.Dialogs())
	}
	s.expectEnds(1, 0)
}

func TestParallelDeliveriesOfAKeyAreOneMail(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t)
	other := s.Reopen(Open)
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			rig := s.Rig
			if i%2 == 0 {
				rig = other
			}
			if got := rig.Redeliver(fmt.Sprintf("event-%d", i%3), reset("key")); got != http.StatusAccepted && got != http.StatusConflict {
				t.Errorf("a parallel delivery was answered %d", got)
			}
		})
	}
	all.Wait()
	s.deliver(reset("key"), http.StatusAccepted)
	expectMails(t, server, 1)
	s.expectEnds(1, 0)
}

func TestTroubleThatPassesIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stage smtptest.Stage
		code  int
	}{
		"the server has no time":                  {smtptest.Greeting, 421},
		"the server does not greet":               {smtptest.Greeting, smtptest.Drop},
		"the server takes no mail of ours now":    {smtptest.Mail, 550},
		"the recipient is greylisted":             {smtptest.Rcpt, 451},
		"the connection breaks at the recipient":  {smtptest.Rcpt, smtptest.Drop},
		"the server refuses the message for now":  {smtptest.Data, 451},
		"the server is closing after the message": {smtptest.Data, 421},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, server := serveSMTP(t)
			server.FailNextAt(c.stage, c.code)
			s.redeliver("event", reset("key"), http.StatusServiceUnavailable)
			expectMails(t, server, 0)
			s.redeliver("event", reset("key"), http.StatusAccepted)
			expectMails(t, server, 1)
			s.expectEnds(1, 0)
		})
	}
}

func TestAServerThatIsAwayIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"SMTP_URL": "smtp://127.0.0.1:1"})
	s.deliver(reset("key"), http.StatusServiceUnavailable)
	s.expectEnds(0, 0)
}

func TestAnAddressThatDoesNotExistIsNotTriedTwice(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t)
	server.FailNext(550)
	s.deliver(reset("first"), http.StatusAccepted)
	s.expectEnds(0, 1)
	again := reset("second")
	again.To = "Anna@Example.org"
	s.deliver(again, http.StatusAccepted)
	s.expectEnds(0, 2)
	if server.Dialogs() != 1 {
		t.Error("the bad address was tried again")
	}
	b := functiontest.SentOf[events.MailBounced](s.Rig)
	if b[0].Reason != "550 5.1.1 told to fail" || b[1].Reason != "suppressed" {
		t.Errorf("reasons %q and %q", b[0].Reason, b[1].Reason)
	}
	elsewhere := reset("third")
	elsewhere.To = "new@example.org"
	s.deliver(elsewhere, http.StatusAccepted)
	expectMails(t, server, 1)
}

func TestAMailThatIsRefusedDoesNotMakeItsAddressBad(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t)
	server.FailNextAt(smtptest.Data, 554)
	s.deliver(reset("first"), http.StatusAccepted)
	s.expectEnds(0, 1)
	s.deliver(reset("second"), http.StatusAccepted)
	expectMails(t, server, 1)
}

func TestAnUnknownOutcomeIsNotSentAgain(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t)
	server.FailNextAt(smtptest.Data, smtptest.Drop)
	s.redeliver("event", reset("key"), http.StatusUnprocessableEntity)
	s.redeliver("event", reset("key"), http.StatusUnprocessableEntity)
	s.Advance(24 * time.Hour)
	s.redeliver("event", reset("key"), http.StatusUnprocessableEntity)
	expectMails(t, server, 0)
	if server.Dialogs() != 1 {
		t.Error("a mail of unknown outcome was tried again")
	}
	s.expectEnds(0, 0)
}

// crashing stands for a process that dies around the send.
type crashing struct {
	mu    sync.Mutex
	after bool // it dies after the letter went out
	dead  int  // how many more sends die
	sent  []letter
	again bool
}

func (c *crashing) repeatable() bool                         { return c.again }
func (c *crashing) connect(context.Context) (session, error) { return c, nil }
func (c *crashing) close()                                   {}

func (c *crashing) send(_ context.Context, l letter) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	dies := c.dead > 0
	c.dead--
	if !dies || c.after {
		c.sent = append(c.sent, l)
	}
	if dies {
		panic(errors.New("killed"))
	}
	return nil
}

func serveCrashing(t *testing.T, c *crashing) *service {
	t.Helper()
	return &service{functiontest.New(t, "mail", func(_ context.Context, e function.Env) (*function.Function, error) {
		settings, err := readConfig(e)
		if err != nil {
			return nil, err
		}
		settings.transport = c
		return open(e, settings)
	}, map[string]string{"PUBLIC_URL": publicBase, "MAIL_DIR": t.TempDir()}), t}
}

func TestACrashWhileSendingNeverSendsTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		crash   *crashing
		answer  int
		letters int
	}{
		"killed before the server had it":  {&crashing{dead: 1}, http.StatusUnprocessableEntity, 0},
		"killed after the server had it":   {&crashing{dead: 1, after: true}, http.StatusUnprocessableEntity, 1},
		"killed before the file was there": {&crashing{dead: 1, again: true}, http.StatusAccepted, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveCrashing(t, c.crash)
			s.redeliver("event", reset("key"), http.StatusInternalServerError)
			s.redeliver("event", reset("key"), http.StatusConflict)
			s.Advance(lease)
			s.redeliver("event", reset("key"), c.answer)
			s.redeliver("event", reset("key"), c.answer)
			if len(c.crash.sent) != c.letters {
				t.Errorf("%d letters went out, want %d", len(c.crash.sent), c.letters)
			}
		})
	}
}

func TestAMailThatMayBeOutIsNotCalledOff(t *testing.T) {
	t.Parallel()
	crash := &crashing{dead: 1, after: true}
	s := serveCrashing(t, crash)
	s.verify("anna", "anna@example.org", "en")
	s.redeliver("event", follower("key"), http.StatusInternalServerError)
	sent, err := enmime.ReadEnvelope(bytes.NewReader(crash.sent[0].raw))
	if err != nil {
		t.Fatal(err)
	}
	path := unsubscribePath(t, smtptest.Message{Envelope: sent})
	if a := s.Call(functiontest.Person{}, http.MethodPost, path, nil); a.Status != http.StatusNoContent {
		t.Fatalf("the click was answered %d", a.Status)
	}
	s.redeliver("event", follower("key"), http.StatusConflict)
	s.Advance(lease)
	s.redeliver("event", follower("key"), http.StatusUnprocessableEntity)
	s.expectEnds(0, 0)
}

func TestTheEndOfAMailIsToldWhenTheBrokerIsBack(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t)
	s.FailSink(true)
	s.deliver(reset("key"), http.StatusAccepted)
	s.expectEnds(0, 0)
	s.FailSink(false)
	s.deliver(events.Ping{Schedule: function.ScheduleSweep}, http.StatusAccepted)
	s.expectEnds(1, 0)
	expectMails(t, server, 1)
}

func TestARequestThatMakesNoSenseIsADeadLetter(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t)
	s.verify("anna", "anna@example.org", "en")
	for name, change := range map[string]func(*events.MailRequested){
		"no key":                  func(r *events.MailRequested) { r.Key = "" },
		"an unknown template":     func(r *events.MailRequested) { r.Template = "../layout" },
		"missing data":            func(r *events.MailRequested) { r.Data = nil },
		"no person":               func(r *events.MailRequested) { r.UserID, r.To = "", "anna@example.org" },
		"an address with a break": func(r *events.MailRequested) { r.To = "anna@example.org\r\nRCPT TO:<b@example.org>" },
		"two addresses":           func(r *events.MailRequested) { r.To = "anna@example.org, b@example.org" },
	} {
		r := follower("key")
		change(&r)
		if got := s.Deliver(r); got != http.StatusUnprocessableEntity {
			t.Errorf("%s was answered %d, want 422", name, got)
		}
	}
	if server.Dialogs() != 0 {
		t.Error("a request that makes no sense reached the mail server")
	}
	s.expectEnds(0, 0)
}
