package xmlscan

import (
	"bytes"

	"paceline/shared/track"
)

type token uint8

const (
	start token = iota + 1
	end
	done
)

var (
	newline        = []byte("\n")
	colon          = []byte(":")
	xmlDeclaration = []byte("<?xml")
	openComment    = []byte("<!--")
	openCDATA      = []byte("<![CDATA[")
	openDoctype    = []byte("<!DOCTYPE")
)

// Classes of bytes. A byte of a longer UTF-8 sequence counts as a letter of a
// name: the sequences themselves are checked before.
const (
	nameStart = 1 << iota
	nameRest
	space
	special // ends a stretch of plain text: markup, or a character that XML forbids
)

var class = func() (c [256]uint8) {
	for b := range 256 {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b == '_', b == ':', b >= 0x80:
			c[b] = nameStart | nameRest
		case '0' <= b && b <= '9', b == '-', b == '.':
			c[b] = nameRest
		case b == ' ', b == '\t', b == '\r', b == '\n':
			c[b] = space
		case b == '<', b == '&', b == ']', b < ' ':
			c[b] = special
		}
	}
	return c
}()

// plain is the end of the text at i that needs no thought.
func plain(b []byte, i int) int {
	for i < len(b) && class[b[i]]&special == 0 {
		i++
	}
	return i
}

// next goes over text to the next tag.
func (s *Scanner) next() token {
	if s.empty {
		s.empty = false
		s.pop()
		return end
	}
	for s.err == nil {
		s.skipText()
		if s.err != nil {
			break
		}
		if s.pos >= len(s.b) {
			if !s.closed {
				s.truncated()
			}
			return done
		}
		if s.pos+1 >= len(s.b) {
			s.truncated()
			break
		}
		switch {
		case s.b[s.pos+1] == '/':
			s.endTag()
			return end
		case !s.aside():
			s.startTag()
			return start
		}
	}
	return done
}

// skipText goes to the next '<' or to the end of the input.
func (s *Scanner) skipText() {
	b, i := s.b, s.pos
	for i < len(b) && class[b[i]]&space != 0 { // nearly always all there is
		i++
	}
	s.pos = i
	for i < len(b) && b[i] != '<' && s.err == nil {
		if len(s.stack) == 0 {
			s.fail("xml_malformed", "text outside the root element")
			return
		}
		switch b[i] {
		case '&':
			s.reference()
		default:
			if s.pos = plain(b, i); s.pos == i {
				s.oddCharacter()
			}
		}
		i = s.pos
	}
}

// oddCharacter goes over a ']' that does not begin the end of a CDATA section,
// and refuses control characters.
func (s *Scanner) oddCharacter() {
	switch {
	case s.b[s.pos] != ']':
		s.fail("xml_malformed", "a control character")
	case bytes.HasPrefix(s.b[s.pos:], []byte("]]>")):
		s.fail("xml_malformed", "]]> outside a CDATA section")
	default:
		s.pos++
	}
}

func (s *Scanner) startTag() {
	if s.closed {
		s.fail("xml_malformed", "a second root element")
		return
	}
	if len(s.stack) >= s.limit {
		s.fail("xml_depth", "elements are nested too deeply")
		return
	}
	name, ok := s.nameAt(s.pos + 1)
	if !ok {
		return
	}
	s.stack = append(s.stack, name)
	s.pos = name.to
	s.attributes()
}

func (s *Scanner) endTag() {
	if len(s.stack) == 0 {
		s.fail("xml_malformed", "an end tag without a start tag")
		return
	}
	b, name := s.b, s.slice(s.stack[len(s.stack)-1])
	i := s.pos + 2
	if !bytes.HasPrefix(b[i:], name) {
		if len(b)-i < len(name) && bytes.HasPrefix(name, b[i:]) {
			s.truncated()
			return
		}
		s.fail("xml_malformed", "an end tag that does not match its start tag")
		return
	}
	i = skipSpace(b, i+len(name))
	if i >= len(b) {
		s.truncated()
		return
	}
	if b[i] != '>' {
		s.fail("xml_malformed", "an end tag that does not match its start tag")
		return
	}
	s.pos = i + 1
	s.pop()
}

func (s *Scanner) pop() {
	for n := len(s.spaces); n > 0 && s.spaces[n-1].depth == len(s.stack); n-- {
		s.spaces = s.spaces[:n-1]
	}
	s.stack = s.stack[:len(s.stack)-1]
	s.attrs = s.attrs[:0]
	s.closed = len(s.stack) == 0
}

// declaration reads a comment or goes over CDATA; a document type is refused.
func (s *Scanner) declaration() {
	rest := s.b[s.pos:]
	switch {
	case bytes.HasPrefix(rest, openComment):
		body := rest[len(openComment):]
		i := bytes.Index(body, []byte("--"))
		switch {
		case i < 0 || i+2 >= len(body):
			s.truncated()
		case body[i+2] != '>':
			s.fail("xml_malformed", "-- inside a comment")
		default:
			s.pos += len(openComment) + i + 3
		}
	case bytes.HasPrefix(rest, openDoctype):
		s.fail("xml_doctype", "a document type is not accepted")
	default:
		if _, ok := s.cdata(); !ok && s.err == nil {
			s.fail("xml_malformed", "an unknown declaration")
		}
	}
}

// cdata reads the CDATA section at the position, if there is one.
func (s *Scanner) cdata() ([]byte, bool) {
	body, ok := bytes.CutPrefix(s.b[s.pos:], openCDATA)
	if !ok {
		return nil, false
	}
	if len(s.stack) == 0 {
		s.fail("xml_malformed", "text outside the root element")
		return nil, false
	}
	i := bytes.Index(body, []byte("]]>"))
	if i < 0 {
		s.truncated()
		return nil, false
	}
	s.pos += len(openCDATA) + i + 3
	return body[:i], true
}

// instruction goes over a processing instruction. The XML declaration looks
// like one but may stand at the very beginning only.
func (s *Scanner) instruction(first bool) {
	name, ok := s.nameAt(s.pos + 2)
	if !ok {
		return
	}
	if bytes.EqualFold(s.slice(name), []byte("xml")) && !first {
		s.fail("xml_malformed", "an XML declaration that is not at the beginning")
		return
	}
	i := bytes.Index(s.b[name.to:], []byte("?>"))
	if i < 0 {
		s.truncated()
		return
	}
	s.pos = name.to + i + 2
}

func (s *Scanner) nameAt(i int) (part, bool) {
	b, from := s.b, i
	if i < len(b) && class[b[i]]&nameStart != 0 {
		for i < len(b) && class[b[i]]&nameRest != 0 {
			i++
		}
	}
	switch {
	case i >= len(b):
		s.truncated()
	case i == from:
		s.pos = i
		s.fail("xml_malformed", "a name is missing or has a character that names cannot have")
	}
	return part{from, i}, s.err == nil
}

func (s *Scanner) truncated() {
	s.pos = len(s.b)
	s.fail("xml_truncated", "the file ends in the middle")
}

func (s *Scanner) fail(code, detail string) {
	if s.err == nil {
		s.err = &track.Fault{Code: code, Detail: detail, Offset: -1, Line: s.Line()}
	}
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && class[b[i]]&space != 0 {
		i++
	}
	return i
}
