package smtptest

import (
	"crypto/tls"
	"net"

	"paceline/shared/tlstest"
)

type tlsMode int

const (
	noTLS tlsMode = iota
	startTLS
	implicitTLS
)

// certificate makes a certificate for ip, and the PEM of who vouches for it.
func certificate(ip net.IP) (config *tls.Config, root []byte, err error) {
	authority, err := tlstest.NewAuthority()
	if err != nil {
		return nil, nil, err
	}
	cert, key, err := authority.Issue(ip)
	if err != nil {
		return nil, nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}, authority.PEM, err
}

func encrypted(l net.Listener, config *tls.Config) net.Listener { return tls.NewListener(l, config) }
