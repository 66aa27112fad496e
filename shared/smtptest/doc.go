// Package smtptest is a mail server for tests: a real one on the wire, on a
// port of its own, which keeps what it is sent and fails when it is told to.
//
//	server := smtptest.New(t)
//	…point SMTP_URL at server.URL()…
//	server.FailNext(451)               the next recipient is refused for now
//	server.FailNextAt(smtptest.Data, smtptest.Drop)
//	server.FailNextAt(smtptest.Rcpt, smtptest.Stall)
//	server.Messages()                  what it took, parsed, in order
package smtptest
