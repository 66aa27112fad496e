package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"

	"paceline/shared/smtptest"
)

func TestAMailHasWhatMailProgramsExpect(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t)
	s.Advance(90 * time.Minute)
	r := reset("a key/with: <odd> things")
	r.Locale = "ru"
	s.deliver(r, http.StatusAccepted)
	m := expectMails(t, server, 1)[0]
	for name, want := range map[string]string{
		"From": `"Paceline" <no-reply@mail.paceline.example>`, "To": "<anna@example.org>", "Subject": "Новый пароль",
		"Date": "Mon, 04 May 2026 11:30:00 +0000", "Message-Id": "<" + digest(r.Key) + "@mail.paceline.example>",
		"Auto-Submitted": "auto-generated", "Mime-Version": "1.0", "Precedence": "", "X-Mailer": "", "User-Agent": "", "Return-Path": "",
	} {
		if got := m.GetHeader(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if m.From != "no-reply@mail.paceline.example" || len(m.To) != 1 || m.To[0] != "anna@example.org" {
		t.Errorf("envelope from %q to %v", m.From, m.To)
	}
	link := publicBase + "/reset?token=tok-1"
	if !strings.Contains(m.Text, link) || !strings.Contains(m.HTML, `href="`+link+`"`) {
		t.Errorf("the link is missing:\n%s\n%s", m.Text, m.HTML)
	}
	for i, line := range bytes.Split(m.Raw, []byte("\r\n")) {
		if len(line) > 78 && !bytes.HasPrefix(line, []byte("List-Unsubscribe")) || bytes.ContainsAny(line, "\n\r\x00") || bytes.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
			t.Errorf("line %d is not a plain short one: %q", i, line)
		}
	}
	if len(m.Errors) > 0 {
		t.Errorf("the message does not parse cleanly: %v", m.Errors)
	}
}

func TestANameCannotWriteHeaders(t *testing.T) {
	t.Parallel()
	s, server := serveSMTP(t)
	s.verify("anna", "anna@example.org", "en")
	r := follower("key")
	r.Data["name"] = "Eve\r\nBcc: victim@example.org\r\n\r\n<script>alert(1)</script>"
	s.deliver(r, http.StatusAccepted)
	m := expectMails(t, server, 1)[0]
	if m.GetHeader("Bcc") != "" || len(m.To) != 1 || !strings.HasPrefix(m.GetHeader("Subject"), "Eve Bcc: victim@example.org") {
		t.Errorf("to %v, Bcc %q, subject %q", m.To, m.GetHeader("Bcc"), m.GetHeader("Subject"))
	}
	if strings.Contains(m.HTML, "<script") || !strings.Contains(m.HTML, "&lt;script&gt;") {
		t.Error("the name became markup")
	}
}

func TestAFolderTakesOneCompleteFilePerKey(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "mail")
	s := serve(t, map[string]string{"MAIL_DIR": dir})
	for range 3 {
		s.deliver(reset("key"), http.StatusAccepted)
		s.Advance(time.Minute)
	}
	s.deliver(reset("later"), http.StatusAccepted)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Fatalf("files %v, %v, want two", entries, err)
	}
	if want := "20260504T100000.000000Z-" + digest("key") + ".eml"; entries[0].Name() != want {
		t.Errorf("the first file is %s, want %s", entries[0].Name(), want)
	}
	raw, err := os.ReadFile(filepath.Join(dir, entries[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	m, err := enmime.ReadEnvelope(bytes.NewReader(raw))
	if err != nil || m.GetHeader("To") != "<anna@example.org>" || m.GetHeader("Return-Path") != "<no-reply@mail.paceline.example>" {
		t.Errorf("the file is not the mail: %v\n%s", err, raw)
	}
	s.expectEnds(2, 0)
}

func TestAFolderThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mail")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, map[string]string{"MAIL_DIR": dir})
	s.deliver(reset("key"), http.StatusServiceUnavailable)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	s.deliver(reset("key"), http.StatusAccepted)
	s.expectEnds(1, 0)
}

func TestASignatureCoversTheMailAndItsUnsubscribeLink(t *testing.T) {
	t.Parallel()
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	big, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"ed25519-sha256": edwards, "rsa-sha256": big} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			der, err := x509.MarshalPKCS8PrivateKey(key)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "dkim.pem")
			if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
				t.Fatal(err)
			}
			server := smtptest.New(t)
			s := serve(t, map[string]string{"SMTP_URL": server.URL(), "MAIL_DKIM_KEY_FILE": file, "MAIL_DKIM_SELECTOR": "s1"})
			s.verify("anna", "anna@example.org", "ru")
			s.deliver(follower("key"), http.StatusAccepted)
			raw := expectMails(t, server, 1)[0].Raw
			if err := checkDKIM(raw, key.Public()); err != "" {
				t.Errorf("%s\n%s", err, raw)
			}
			forged := bytes.Replace(raw, []byte("/v1/mail/unsubscribe"), []byte("/v1/evil/unsubscribe"), 1)
			if checkDKIM(forged, key.Public()) == "" {
				t.Error("the signature does not cover the unsubscribe link")
			}
		})
	}
}

// checkDKIM verifies a relaxed/relaxed signature (RFC 6376) and says what is wrong.
func checkDKIM(raw []byte, public crypto.PublicKey) string {
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	unfolded := regexp.MustCompile(`\r\n[ \t]+`).ReplaceAllString(string(head), " ")
	fields := map[string]string{}
	for line := range strings.SplitSeq(unfolded, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		fields[strings.ToLower(name)] = strings.Join(strings.Fields(value), " ")
	}
	tags := map[string]string{}
	for tag := range strings.SplitSeq(fields["dkim-signature"], ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(tag), "=")
		tags[name] = strings.ReplaceAll(value, " ", "")
	}
	if tags["d"] != "mail.paceline.example" || tags["s"] != "s1" || tags["c"] != "relaxed/relaxed" {
		return "unexpected tags in " + fields["dkim-signature"]
	}
	var lines []string
	for line := range strings.SplitSeq(string(body), "\r\n") {
		lines = append(lines, strings.TrimRight(regexp.MustCompile(`[ \t]+`).ReplaceAllString(line, " "), " "))
	}
	sum := sha256.Sum256([]byte(strings.TrimRight(strings.Join(lines, "\r\n"), "\r\n") + "\r\n"))
	if base64.StdEncoding.EncodeToString(sum[:]) != tags["bh"] {
		return "the body hash is wrong"
	}
	var signed strings.Builder
	for name := range strings.SplitSeq(strings.ToLower(tags["h"]), ":") {
		if value, ok := fields[name]; ok {
			signed.WriteString(name + ":" + value + "\r\n")
		}
	}
	signed.WriteString("dkim-signature:" + regexp.MustCompile(`\bb=[^;]*`).ReplaceAllString(fields["dkim-signature"], "b="))
	digest := sha256.Sum256([]byte(signed.String()))
	signature, err := base64.StdEncoding.DecodeString(tags["b"])
	if err != nil {
		return "the signature is not base64"
	}
	switch key := public.(type) {
	case ed25519.PublicKey:
		if ed25519.Verify(key, digest[:], signature) {
			return ""
		}
	case *rsa.PublicKey:
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil {
			return ""
		}
	}
	return "the signature is wrong"
}
