package mail

import (
	"fmt"
	"net/http"
	"testing"

	"pgregory.net/rapid"

	"paceline/shared/smtptest"
)

// trouble is what a server does to one dialogue, and how it ends: the answer to
// the delivery, and how many mails are out then.
type trouble struct {
	stage        smtptest.Stage
	code         int
	answer, sent int
}

var troubles = []trouble{
	{smtptest.Greeting, 421, http.StatusServiceUnavailable, 0},
	{smtptest.Greeting, smtptest.Drop, http.StatusServiceUnavailable, 0},
	{smtptest.Auth, 454, http.StatusServiceUnavailable, 0},
	{smtptest.Auth, 535, http.StatusServiceUnavailable, 0},
	{smtptest.Auth, smtptest.Drop, http.StatusServiceUnavailable, 0},
	{smtptest.Mail, 451, http.StatusServiceUnavailable, 0},
	{smtptest.Mail, 550, http.StatusServiceUnavailable, 0},
	{smtptest.Mail, smtptest.Drop, http.StatusServiceUnavailable, 0},
	{smtptest.Rcpt, 451, http.StatusServiceUnavailable, 0},
	{smtptest.Rcpt, smtptest.Drop, http.StatusServiceUnavailable, 0},
	{smtptest.Data, 451, http.StatusServiceUnavailable, 0},
	{smtptest.Rcpt, 550, http.StatusAccepted, 0},                      // a bounce
	{smtptest.Data, 554, http.StatusAccepted, 0},                      // a bounce
	{smtptest.Data, smtptest.Drop, http.StatusUnprocessableEntity, 0}, // nobody knows: a dead letter
	{smtptest.Kept, smtptest.Drop, http.StatusUnprocessableEntity, 1}, // the same
	{answer: http.StatusAccepted, sent: 1},                            // none
}

// Whatever goes wrong in whatever order, a mail is tried until it is out once,
// refused for good, or may be out and is a dead letter: never lost, never twice.
func TestWhateverGoesWrongAMailIsNeitherLostNorDoubled(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t, smtptest.WithAuth("paceline", "secret"))
	mails := 0
	rapid.Check(t, func(t *rapid.T) {
		mails++
		before := len(server.Messages())
		key := fmt.Sprint("key-", mails)
		asked := reset(key)
		asked.To = fmt.Sprintf("p%d@example.org", mails)
		plan := append(rapid.SliceOfN(rapid.SampledFrom(troubles), 0, 8).Draw(t, "troubles"), troubles[len(troubles)-1])
		for _, now := range plan {
			if now.stage != "" {
				server.FailNextAt(now.stage, now.code)
			}
			got := s.Redeliver("event-"+key, asked)
			sent := len(server.Messages()) - before
			if got != now.answer || sent != now.sent {
				t.Fatalf("%s %d: answered %d with %d mails, want %d and %d", now.stage, now.code, got, sent, now.answer, now.sent)
			}
			if got == http.StatusServiceUnavailable {
				continue
			}
			if again := s.Redeliver("event-"+key, asked); again != got || len(server.Messages())-before != now.sent {
				t.Fatalf("%s %d: the next delivery is answered %d, and there are %d mails", now.stage, now.code, again, len(server.Messages())-before)
			}
			return
		}
	})
}
