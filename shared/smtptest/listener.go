package smtptest

import (
	"bytes"
	"net"
)

// listener lets connections fail at the stages that the library of the server
// goes through by itself.
type listener struct {
	net.Listener
	server *Server
}

// Accept takes a connection, of which nobody speaks yet.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, server: l.server}, nil
}

// conn is one connection.
type conn struct {
	net.Conn
	server *Server
	spoke  bool // the server has said its first word
}

// Write says something to the client.
func (c *conn) Write(b []byte) (int, error) {
	if !c.spoke {
		c.spoke = true
		if err := c.server.fail(Connect, c.Conn); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(b)
}

// Read hears what the client says.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	for word, stage := range map[string]Stage{"DATA\r\n": Begin, "QUIT\r\n": Quit} {
		if err == nil && string(bytes.ToUpper(b[:n])) == word {
			if err := c.server.fail(stage, c.Conn); err != nil {
				return 0, err
			}
		}
	}
	return n, err
}
