package mail

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"paceline/shared/function"
	"paceline/shared/smtptest"
)

func TestABadSettingIsNamed(t *testing.T) {
	t.Parallel()
	good := map[string]string{"PUBLIC_URL": publicBase, "SMTP_URL": "smtp://user:secret@mail.example:25"}
	if _, err := readConfig(function.Env{Vars: good}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		vars map[string]string
		want string
	}{
		"no base of links":          {map[string]string{"PUBLIC_URL": ""}, "PUBLIC_URL"},
		"a base without a host":     {map[string]string{"PUBLIC_URL": "/here"}, "PUBLIC_URL"},
		"a base that runs scripts":  {map[string]string{"PUBLIC_URL": "javascript://x/"}, "PUBLIC_URL"},
		"no transport":              {map[string]string{"SMTP_URL": ""}, "SMTP_URL and MAIL_DIR"},
		"two transports":            {map[string]string{"MAIL_DIR": "/tmp"}, "SMTP_URL and MAIL_DIR"},
		"a sender without address":  {map[string]string{"MAIL_FROM": "Paceline"}, "MAIL_FROM"},
		"another scheme":            {map[string]string{"SMTP_URL": "http://user:secret@mail.example"}, "SMTP_URL"},
		"an address that is broken": {map[string]string{"SMTP_URL": "smtp://user:secret@mail.example:x"}, "SMTP_URL"},
		"an unknown parameter":      {map[string]string{"SMTP_URL": "smtp://user:secret@mail.example?tls=no"}, "SMTP_URL"},
		"an unknown mode":           {map[string]string{"SMTP_URL": "smtp://user:secret@mail.example?starttls=maybe"}, "SMTP_URL"},
		"STARTTLS inside TLS":       {map[string]string{"SMTP_URL": "smtps://user:secret@mail.example?starttls=none"}, "SMTP_URL"},
		"a missing file of roots":   {map[string]string{"SMTP_CA_FILE": "/does/not/exist"}, "SMTP_CA_FILE"},
		"a DKIM selector alone":     {map[string]string{"MAIL_DKIM_SELECTOR": "s1"}, "MAIL_DKIM_KEY_FILE"},
	} {
		vars := maps.Clone(good)
		maps.Copy(vars, c.vars)
		_, err := readConfig(function.Env{Vars: vars})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want an error that names %s and no password", name, err, c.want)
		}
	}
}

func TestEncryptionIsRequiredButOnTheLoopback(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]struct{ addr, mode string }{
		"smtp://mail.example":                    {"mail.example:587", tlsRequired},
		"smtp://mail.example:25?starttls=none":   {"mail.example:25", tlsNone},
		"smtp://10.0.0.1?starttls=opportunistic": {"10.0.0.1:587", tlsOpportunistic},
		"smtp://127.0.0.1:1025":                  {"127.0.0.1:1025", tlsNone},
		"smtp://localhost:1025":                  {"localhost:1025", tlsNone},
		"smtp://[::1]:1025?starttls=required":    {"[::1]:1025", tlsRequired},
		"smtp://localhost.evil.example/":         {"localhost.evil.example:587", tlsRequired},
	} {
		s, err := newSMTP(address, nil)
		if err != nil || s.addr != want.addr || s.startTLS != want.mode {
			t.Errorf("%s: %+v, %v, want %+v", address, s, err, want)
		}
	}
	if s, err := newSMTP("smtps://mail.example", nil); err != nil || s.addr != "mail.example:465" || !s.implicit {
		t.Errorf("smtps: %+v, %v", s, err)
	}
}

func TestMailGoesEncryptedAndSignedIn(t *testing.T) {
	t.Parallel()
	auth := smtptest.WithAuth("paceline", "p@ss/word")
	for name, c := range map[string]struct {
		server *smtptest.Server
		query  string
		trust  bool
		change func(string) string
		tls    bool
		status int
	}{
		"STARTTLS, as required":        {smtptest.New(t, auth, smtptest.WithSTARTTLS()), "?starttls=required", true, nil, true, http.StatusAccepted},
		"STARTTLS, as offered":         {smtptest.New(t, auth, smtptest.WithSTARTTLS()), "?starttls=opportunistic", true, nil, true, http.StatusAccepted},
		"TLS from the first byte":      {smtptest.New(t, auth, smtptest.WithTLS()), "", true, nil, true, http.StatusAccepted},
		"plain on the loopback":        {smtptest.New(t, auth), "", false, nil, false, http.StatusAccepted},
		"STARTTLS that is not offered": {smtptest.New(t, auth), "?starttls=required", false, nil, false, http.StatusServiceUnavailable},
		"a server that we do not know": {smtptest.New(t, auth, smtptest.WithSTARTTLS()), "?starttls=required", false, nil, false, http.StatusServiceUnavailable},
		"a wrong password": {smtptest.New(t, auth), "", false,
			func(u string) string { return strings.Replace(u, "p%40ss", "wrong", 1) }, false, http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vars := map[string]string{"SMTP_URL": c.server.URL() + c.query}
			if c.trust {
				vars["SMTP_CA_FILE"] = c.server.CAFile()
			}
			if c.change != nil {
				vars["SMTP_URL"] = c.change(vars["SMTP_URL"])
			}
			s := serve(t, vars)
			s.deliver(reset("key"), c.status)
			if c.status != http.StatusAccepted {
				expectMails(t, c.server, 0)
				return
			}
			if m := expectMails(t, c.server, 1)[0]; m.TLS != c.tls || m.User != "paceline" {
				t.Errorf("TLS %v as %q", m.TLS, m.User)
			}
		})
	}
}
