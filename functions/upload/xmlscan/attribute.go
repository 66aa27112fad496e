package xmlscan

import "bytes"

// attributes reads what follows a start tag's name, the > included.
func (s *Scanner) attributes() {
	s.attrs = s.attrs[:0]
	for s.err == nil {
		b, i := s.b, s.pos
		for i < len(b) && class[b[i]]&space != 0 {
			i++
		}
		spaced := i > s.pos
		s.pos = i
		switch {
		case i >= len(b):
			s.truncated()
		case b[i] == '>':
			s.pos = i + 1
			return
		case b[i] == '/':
			if i+1 >= len(b) || b[i+1] != '>' {
				s.fail("xml_malformed", "a / inside a tag")
				return
			}
			s.pos, s.empty = i+2, true
			return
		case !spaced:
			s.fail("xml_malformed", "no space before an attribute")
		default:
			s.attribute()
		}
	}
}

func (s *Scanner) attribute() {
	name, ok := s.nameAt(s.pos)
	if !ok {
		return
	}
	b, i := s.b, skipSpace(s.b, name.to)
	if i >= len(b) || b[i] != '=' {
		s.fail("xml_malformed", "an attribute without a value")
		return
	}
	i = skipSpace(b, i+1)
	if i >= len(b) || b[i] != '"' && b[i] != '\'' {
		s.fail("xml_malformed", "an attribute value without quotes")
		return
	}
	a := attribute{name: name, value: part{from: i + 1}}
	if s.quoted(&a, b[i]) {
		s.addAttribute(a)
	}
}

// quoted reads an attribute's value to its closing quote.
func (s *Scanner) quoted(a *attribute, quote byte) bool {
	b := s.b
	for i := a.value.from; i < len(b); i++ {
		c := b[i]
		if c == quote {
			a.value.to, s.pos = i, i+1
			return true
		}
		if class[c]&special == 0 || c == ']' {
			continue
		}
		s.pos = i
		switch c {
		case '&':
			a.refs = true
			if s.reference(); s.err != nil {
				return false
			}
			i = s.pos - 1
		case '<':
			s.fail("xml_malformed", "a < inside an attribute value")
			return false
		default:
			s.fail("xml_malformed", "a control character")
			return false
		}
	}
	s.truncated()
	return false
}

func (s *Scanner) addAttribute(a attribute) {
	name := s.slice(a.name)
	for _, other := range s.attrs {
		if bytes.Equal(s.slice(other.name), name) {
			s.fail("xml_malformed", "an attribute twice in one element")
			return
		}
	}
	if len(s.attrs) >= maxAttributes {
		s.fail("xml_malformed", "too many attributes in one element")
		return
	}
	s.attrs = append(s.attrs, a)
	if prefix, ok := bytes.CutPrefix(name, []byte("xmlns")); ok && (len(prefix) == 0 || prefix[0] == ':') {
		if len(s.spaces) >= maxBindings {
			s.fail("xml_malformed", "too many namespaces")
			return
		}
		s.spaces = append(s.spaces, binding{len(s.stack), bytes.TrimPrefix(prefix, colon), string(s.value(a))})
	}
}

// value is an attribute's value with its references replaced.
func (s *Scanner) value(a attribute) []byte {
	raw := s.slice(a.value)
	if !a.refs {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return append(out, raw...)
		}
		n := bytes.IndexByte(raw[i:], ';')
		text, _ := resolve(raw[i+1 : i+n]) // checked when the tag was read
		out = append(append(out, raw[:i]...), text...)
		raw = raw[i+n+1:]
	}
}
