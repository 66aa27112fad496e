package smtptest

import (
	"errors"
	"net/smtp"
	"net/textproto"
	"net/url"
	"testing"
)

const text = "From: a@example.org\r\nTo: b@example.org\r\nSubject: Hello\r\n\r\nText\r\n"

func send(t *testing.T, s *Server) error {
	t.Helper()
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	return smtp.SendMail(u.Host, nil, "a@example.org", []string{"b@example.org"}, []byte(text))
}

func TestAServerKeepsWhatItTakes(t *testing.T) {
	t.Parallel()
	s := New(t)
	if err := send(t, s); err != nil {
		t.Fatal(err)
	}
	m := s.Messages()
	if len(m) != 1 || m[0].From != "a@example.org" || m[0].To[0] != "b@example.org" || m[0].GetHeader("Subject") != "Hello" || string(m[0].Raw) != text {
		t.Errorf("kept %+v", m)
	}
}

func TestAServerFailsOnceWhereItIsTold(t *testing.T) {
	t.Parallel()
	for _, stage := range []Stage{Greeting, Mail, Rcpt, Data} {
		for _, code := range []int{451, 550, Drop} {
			s := New(t)
			s.FailNextAt(stage, code)
			err := send(t, s)
			var answer *textproto.Error
			if said := errors.As(err, &answer); err == nil || (stage != Greeting && said != (code != Drop)) || (said && answer.Code != code) {
				t.Errorf("%s %d: %v", stage, code, err)
			}
			if err := send(t, s); err != nil || len(s.Messages()) != 1 {
				t.Errorf("%s %d: the next try: %v, %d messages", stage, code, err, len(s.Messages()))
			}
		}
	}
}

func TestAServerThatWantsASignInTakesNothingWithout(t *testing.T) {
	t.Parallel()
	s := New(t, WithAuth("user", "password"))
	if err := send(t, s); err == nil || len(s.Messages()) != 0 {
		t.Errorf("%v, %d messages", err, len(s.Messages()))
	}
}
