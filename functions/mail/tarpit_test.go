package mail

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"paceline/shared/function"
	"paceline/shared/function/functiontest"
	"paceline/shared/smtptest"
)

// short is a patience for tests: a hundred times what a dialogue takes.
var short = patience{connect: 3 * time.Second, send: 3 * time.Second}

// impatient is a mailing service that gives its server little time.
func impatient(t *testing.T, server *smtptest.Server) *service {
	t.Helper()
	vars := map[string]string{"PUBLIC_URL": publicBase, "SMTP_URL": server.URL()}
	return &service{functiontest.New(t, "mail", func(_ context.Context, e function.Env) (*function.Function, error) {
		s, err := readConfig(e)
		if err != nil {
			return nil, err
		}
		s.transport.(*smtpServer).patience = short
		return open(e, s)
	}, vars), t}
}

// A server that says nothing, or a byte at a time and never ends, holds a
// delivery for as long as the patience lasts, whatever it waits with. The mail is
// tried again by whoever comes next, or, when it may be out, by nobody.
func TestATarpitHoldsNoMailForLong(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for _, c := range []struct {
		stage         smtptest.Stage
		answer, mails int // to the first delivery; how many are out in the end
	}{
		{smtptest.Connect, http.StatusServiceUnavailable, 1},
		{smtptest.Greeting, http.StatusServiceUnavailable, 1},
		{smtptest.Auth, http.StatusServiceUnavailable, 1},
		{smtptest.Mail, http.StatusServiceUnavailable, 1},
		{smtptest.Rcpt, http.StatusServiceUnavailable, 1},
		{smtptest.Begin, http.StatusServiceUnavailable, 1},
		{smtptest.Data, http.StatusUnprocessableEntity, 0}, // nobody knows: a dead letter
		{smtptest.Kept, http.StatusUnprocessableEntity, 1}, // the same
		{smtptest.Quit, http.StatusAccepted, 1},
	} {
		for how, code := range map[string]int{"stalls": smtptest.Stall, "drips": smtptest.Drip} {
			name := fmt.Sprintf("a server that %s at %s", how, c.stage)
			server := smtptest.New(t, smtptest.WithAuth("paceline", "secret"))
			s := impatient(t, server)
			next := service{s.Reopen(Open), t} // as patient as ever
			server.FailNextAt(c.stage, code)
			all.Go(func() {
				answered := make(chan int, 1)
				go func() { answered <- s.Redeliver("event", reset("key")) }()
				select {
				case got := <-answered:
					if got != c.answer {
						t.Errorf("%s: the delivery is answered %d, want %d", name, got, c.answer)
					}
				case <-time.After(10 * short.send):
					t.Errorf("%s: the delivery waits on", name)
					return
				}
				then := c.answer
				if then == http.StatusServiceUnavailable {
					then = http.StatusAccepted
				}
				for range 2 {
					if got := next.Redeliver("event", reset("key")); got != then {
						t.Errorf("%s: the next delivery is answered %d, want %d", name, got, then)
					}
				}
				if got := len(server.Messages()); got != c.mails {
					t.Errorf("%s: %d mails are out, want %d", name, got, c.mails)
				}
			})
		}
	}
	all.Wait()
}
