package xmlscan

import (
	"bytes"

	"paceline/shared/track"
)

const (
	// maxAttributes bounds the attributes of one element, which are compared
	// with each other.
	maxAttributes = 64
	// maxBindings bounds the namespaces in force, which Space looks through.
	maxBindings = 256
)

// Scanner walks the elements of one document. A consumer holds the depth of the
// element it is in and loops over its children:
//
//	in := s.Depth()
//	for s.Child(in) {
//		switch string(s.Name()) {
//		case "time":
//			text := s.Content()
//		}
//	}
//	return s.Err()
//
// A child that is not read is skipped, but never unchecked.
type Scanner struct {
	b     []byte
	pos   int
	limit int // deepest nesting

	stack  []part // names of the open elements, with their prefix
	attrs  []attribute
	spaces []binding
	empty  bool // the open element is <a/>: its end comes next
	closed bool // the root has ended
	buf    []byte
	err    *track.Fault
}

// part is a stretch of the input.
type part struct{ from, to int }

type attribute struct {
	name, value part
	refs        bool // the value has references to replace
}

// binding is a namespace prefix, in force while depth or more elements are open.
type binding struct {
	depth  int
	prefix []byte
	uri    string
}

// New checks the encoding of data and converts it where needed. Elements may
// nest to the given depth.
func New(data []byte, depth int) (*Scanner, error) {
	b, fault := text(data)
	if fault != nil {
		return nil, fault
	}
	s := &Scanner{b: b, limit: depth, stack: make([]part, 0, 16)}
	if bytes.HasPrefix(b, xmlDeclaration) {
		s.instruction(true)
	}
	if s.err != nil {
		return nil, s.err
	}
	return s, nil
}

// Err is the fault that ended the walk, a *track.Fault, or nil.
func (s *Scanner) Err() error {
	if s.err == nil {
		return nil
	}
	return s.err
}

// Depth is the number of open elements: 0 before the root and after it.
func (s *Scanner) Depth() int { return len(s.stack) }

// Line is the line that the scanner stands on, from 1.
func (s *Scanner) Line() int { return 1 + bytes.Count(s.b[:min(s.pos, len(s.b))], newline) }

// Child goes to the next element inside the open element of depth in, and says
// whether there is one. At false that element has ended, or Err says why not;
// with in = 0 it has read the whole document.
func (s *Scanner) Child(in int) bool {
	for s.err == nil {
		switch s.next() {
		case start:
			if len(s.stack) == in+1 {
				return true
			}
		case end:
			if len(s.stack) < in {
				return false
			}
		case done:
			return false
		}
	}
	return false
}

// Name is the open element's name without its prefix.
func (s *Scanner) Name() []byte {
	if len(s.stack) == 0 {
		return nil
	}
	return local(s.slice(s.stack[len(s.stack)-1]))
}

// Space is the namespace of the open element, "" without one.
func (s *Scanner) Space() string {
	if len(s.stack) == 0 {
		return ""
	}
	name := s.slice(s.stack[len(s.stack)-1])
	prefix := name[:len(name)-len(local(name))]
	prefix = bytes.TrimSuffix(prefix, colon)
	for i := len(s.spaces) - 1; i >= 0; i-- {
		if bytes.Equal(s.spaces[i].prefix, prefix) {
			return s.spaces[i].uri
		}
	}
	return ""
}

// Attr is the value of the attribute of that name, prefix left aside, of the
// element that Child just gave; nil when it is not there.
func (s *Scanner) Attr(name string) []byte {
	for _, a := range s.attrs {
		if string(local(s.slice(a.name))) == name {
			return s.value(a)
		}
	}
	return nil
}

// Content reads the open element to its end and gives its own text, without
// white space around it and without the text of elements inside it. It is valid
// until the next call.
func (s *Scanner) Content() []byte {
	if s.err != nil || len(s.stack) == 0 {
		return nil
	}
	if s.empty {
		s.next()
		return nil
	}
	from := s.pos
	to := plain(s.b, from)
	if to+1 < len(s.b) && s.b[to] == '<' && s.b[to+1] == '/' { // text and nothing else
		s.pos = to
		s.endTag()
		return bytes.TrimSpace(s.b[from:to])
	}
	return s.mixed()
}

// mixed is Content for text with references, comments, CDATA or children.
func (s *Scanner) mixed() []byte {
	s.buf = s.buf[:0]
	in := len(s.stack)
	for s.err == nil {
		if s.pos >= len(s.b) {
			s.truncated()
			break
		}
		own := len(s.stack) == in
		switch s.b[s.pos] {
		case '<':
			if body, ok := s.cdata(); ok {
				if own {
					s.buf = append(s.buf, body...)
				}
			} else if !s.aside() && s.next() == end && len(s.stack) < in {
				return bytes.TrimSpace(s.buf)
			}
		case '&':
			r := s.reference()
			if own {
				s.buf = append(s.buf, r...)
			}
		default:
			from := s.pos
			s.pos = plain(s.b, from)
			if s.pos == from {
				s.oddCharacter()
			}
			if own {
				s.buf = append(s.buf, s.b[from:s.pos]...)
			}
		}
	}
	return nil
}

// aside goes over the comment or processing instruction at the position, if
// there is one.
func (s *Scanner) aside() bool {
	if s.pos+1 >= len(s.b) || s.err != nil {
		return false
	}
	switch s.b[s.pos+1] {
	case '?':
		s.instruction(false)
	case '!':
		s.declaration()
	default:
		return false
	}
	return true
}

func (s *Scanner) slice(p part) []byte { return s.b[p.from:p.to] }

// local is a name without its prefix.
func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }
