package xmlscan

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"paceline/functions/upload/xmlscan/corpustest"
	"paceline/shared/track"
)

// outline writes a document's elements with attributes, namespace and own text.
func outline(data []byte, depth int) (string, error) {
	s, err := New(data, depth)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	var walk func(in int)
	walk = func(in int) {
		for s.Child(in) {
			b.WriteString("(" + s.Space() + "|" + string(s.Name()))
			for _, a := range s.attrs {
				if name := string(s.slice(a.name)); !strings.HasPrefix(name, "xmlns") {
					b.WriteString(" " + string(local([]byte(name))) + "=" + string(s.value(a)))
				}
			}
			walk(s.Depth())
			b.WriteString(")")
		}
	}
	walk(0)
	return b.String(), s.Err()
}

// reference is outline by encoding/xml.
func reference(data []byte) (string, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var b strings.Builder
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch x := tok.(type) {
		case xml.StartElement:
			b.WriteString("(" + x.Name.Space + "|" + x.Name.Local)
			for _, a := range x.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
					b.WriteString(" " + a.Name.Local + "=" + a.Value)
				}
			}
		case xml.EndElement:
			b.WriteString(")")
		}
	}
}

func TestWalkAgreesWithEncodingXML(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		`<a/>`,
		`<a></a>`,
		"<?xml version='1.0' encoding='UTF-8' standalone=\"yes\" ?>\n<!-- c --><a b='1' c=\"2\"><b/><c d = 'x' ></c ></a><!-- after --><?pi x?>",
		`<a xmlns="u:1" xmlns:p="u:2"><p:b/><b xmlns="u:3"><p:c xmlns:p="u:4"/><p:d/></b><b/></a>`,
		`<a b="&lt;&amp;&#65;&#x42;&quot;&apos;&gt;"/>`,
		`<a>text<b>x]]</b>]] ></a>`,
		`<a><![CDATA[<not><a>tag & nothing]]></a>`,
		`<ä:b xmlns:ä="u"><ä:çc/></ä:b>`,
		`<a><b></b><b><b><b/></b></b></a>`,
		"<a\n\tb='1'\r\n/>",
	} {
		want, err := reference([]byte(doc))
		if err != nil {
			t.Fatalf("encoding/xml refuses %q: %v", doc, err)
		}
		if got, err := outline([]byte(doc), 64); err != nil || got != want {
			t.Errorf("outline(%q)\n got %q, %v\nwant %q", doc, got, err, want)
		}
	}
}

func TestContent(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, give, want string }{
		{"plain text without the white space around it", "<a>\n 1.5 </a>", "1.5"},
		{"an empty element", "<a/>", ""},
		{"references", "<a>a&amp;b &#252;&#x1F3C3; &lt;x&gt;</a>", "a&b ü🏃 <x>"},
		{"CDATA as it stands", "<a><![CDATA[ <b>&amp;</b> ]]></a>", "<b>&amp;</b>"},
		{"text on both sides of a comment", "<a>1<!-- 9 -->2<?p 9?>3</a>", "123"},
		{"not the text of children", "<a>x<b>y<c>z</c>&amp;<![CDATA[q]]></b>w</a>", "xw"},
		{"brackets that end nothing", "<a>]]&gt;]]&gt; ]</a>", "]]>]]> ]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := New([]byte("<r>"+tt.give+"<z>next</z></r>"), 64)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			s.Child(0)
			for s.Child(1) {
				got = append(got, string(s.Content()))
			}
			if len(got) != 2 || got[0] != tt.want || got[1] != "next" || s.Err() != nil {
				t.Errorf("got %q, %v; want %q and next", got, s.Err(), tt.want)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	laughs := `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>`
	many := strings.Builder{}
	for i := range maxAttributes + 1 {
		many.WriteString(" a" + strings.Repeat("x", i) + "='1'")
	}
	spaces := strings.Builder{}
	for i := range maxAttributes {
		spaces.WriteString(" xmlns:a" + strings.Repeat("x", i) + "='u'")
	}
	tests := []struct {
		name, give, code string
		line             int
	}{
		{"a document type", "<?xml version='1.0'?>\n<!DOCTYPE gpx SYSTEM 'file:///etc/passwd'>\n<gpx/>", "xml_doctype", 2},
		{"the billion laughs", laughs, "xml_doctype", 1},
		{"an entity nobody defined", "<a>\n\n&nbsp;</a>", "xml_entity", 3},
		{"an entity in an attribute", "<a b='&x;'/>", "xml_entity", 1},
		{"a bare ampersand", "<a>Tom & Jerry</a>", "xml_entity", 1},
		{"an ampersand and no end in sight", "<a>&" + strings.Repeat("a", 99) + "</a>", "xml_entity", 1},
		{"a reference to NUL", "<a>&#0;</a>", "xml_entity", 1},
		{"a reference to a surrogate", "<a>&#xD800;</a>", "xml_entity", 1},
		{"a reference beyond Unicode", "<a>&#x110000;</a>", "xml_entity", 1},
		{"a reference that overflows", "<a>&#99999999999999999999;</a>", "xml_entity", 1},
		{"a reference without digits", "<a>&#x;</a>", "xml_entity", 1},
		{"hexadecimal digits in decimal", "<a>&#1a;</a>", "xml_entity", 1},
		{"nesting one deeper than allowed", strings.Repeat("<a>", 65), "xml_depth", 1},
		{"a second root", "<a/>\n<a/>", "xml_malformed", 2},
		{"text after the root", "<a/>x", "xml_malformed", 1},
		{"text before the root", "x<a/>", "xml_malformed", 1},
		{"CDATA after the root", "<a/><![CDATA[]]>", "xml_malformed", 1},
		{"an end tag of another element", "<a>\n<b></a></b>", "xml_malformed", 2},
		{"an end tag of a longer name", "<a></ab>", "xml_malformed", 1},
		{"an end tag alone", "</a>", "xml_malformed", 1},
		{"an end tag with attributes", "<a></a b='1'>", "xml_malformed", 1},
		{"an attribute twice", "<a b='1' b='2'/>", "xml_malformed", 1},
		{"an attribute without a value", "<a b/>", "xml_malformed", 1},
		{"an attribute without quotes", "<a b=1/>", "xml_malformed", 1},
		{"attributes without a space between", "<a b='1'c='2'/>", "xml_malformed", 1},
		{"a < in an attribute", "<a b='<'/>", "xml_malformed", 1},
		{"more attributes than anybody writes", "<a" + many.String() + "/>", "xml_malformed", 1},
		{"more namespaces than anybody uses", strings.Repeat("<a"+spaces.String()+">", 5), "xml_malformed", 1},
		{"a name that begins with a digit", "<1/>", "xml_malformed", 1},
		{"a space before the name", "< a/>", "xml_malformed", 1},
		{"two hyphens in a comment", "<a><!-- x -- y --></a>", "xml_malformed", 1},
		{"]]> in text", "<a>]]></a>", "xml_malformed", 1},
		{"an XML declaration inside", "<a><?xml version='1.0'?></a>", "xml_malformed", 1},
		{"an unknown declaration", "<a><!ELEMENT b></a>", "xml_malformed", 1},
		{"a NUL", "<a>\n\x00</a>", "xml_malformed", 2},
		{"a control character in text", "<a>\x07</a>", "xml_malformed", 1},
		{"a control character between elements", "<a><b/>\x07<b/></a>", "xml_malformed", 1},
		{"a control character in an attribute", "<a b='\x07'/>", "xml_malformed", 1},
		{"bytes that are not UTF-8", "<a>\n\n\xff</a>", "xml_encoding", 3},
		{"UTF-7", "<?xml version='1.0' encoding='UTF-7'?><a/>", "xml_encoding", 1},
		{"UTF-32", "\xff\xfe\x00\x00<\x00\x00\x00", "xml_encoding", 1},
		{"EBCDIC by name", "<?xml version='1.0' encoding='IBM037'?><a/>", "xml_encoding", 1},
		{"nothing", "", "xml_truncated", 1},
		{"white space only", " \n ", "xml_truncated", 2},
		{"the end inside an element", "<a><b>\n", "xml_truncated", 2},
		{"the end inside text", "<a>text", "xml_truncated", 1},
		{"the end inside a start tag", "<a b='1", "xml_truncated", 1},
		{"the end inside a name", "<a", "xml_truncated", 1},
		{"the end inside an end tag", "<abc></ab", "xml_truncated", 1},
		{"the end after a <", "<a><", "xml_truncated", 1},
		{"the end inside a reference", "<a>&am", "xml_truncated", 1},
		{"the end inside a comment", "<a><!-- x", "xml_truncated", 1},
		{"the end inside CDATA", "<a><![CDATA[ x", "xml_truncated", 1},
		{"the end inside the declaration", "<?xml version='1.0'", "xml_truncated", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := outline([]byte(tt.give), 64)
			var f *track.Fault
			if !errors.As(err, &f) || f.Code != tt.code || f.Line != tt.line {
				t.Errorf("got %v, want %s at line %d", err, tt.code, tt.line)
			}
			if !readThrough(tt.give) {
				t.Error("Content accepts what the walk refuses")
			}
		})
	}
}

// readThrough reads the root's content at once and says whether that fails.
func readThrough(doc string) bool {
	s, err := New([]byte(doc), 64)
	if err != nil {
		return true
	}
	for s.Child(0) {
		s.Content()
	}
	return s.Err() != nil
}

// Two million nested tags cost a general parser more than a second; here the
// bound ends the walk at once.
func TestDeepNestingIsQuick(t *testing.T) {
	t.Parallel()
	doc := bytes.Repeat([]byte("<a>"), 2_000_000)
	began := time.Now()
	_, err := outline(doc, 64)
	var f *track.Fault
	if !errors.As(err, &f) || f.Code != "xml_depth" {
		t.Fatalf("got %v", err)
	}
	if d := time.Since(began); d > time.Second {
		t.Errorf("took %v", d)
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	const body = `<a b="ü">Müller – €</a>`
	encode := func(e interface {
		Bytes([]byte) ([]byte, error)
	}, doc string) []byte {
		out, err := e.Bytes([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	le := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	be := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	tests := []struct {
		name string
		give []byte
		want string
	}{
		{"UTF-8 without a declaration", []byte(body), "Müller – €"},
		{"UTF-8 with a byte order mark", []byte("\xEF\xBB\xBF<?xml version='1.0'?>" + body), "Müller – €"},
		{"UTF-16 LE with a mark", append([]byte("\xFF\xFE"), encode(le.NewEncoder(), `<?xml version="1.0" encoding="UTF-16"?>`+body)...), "Müller – €"},
		{"UTF-16 BE with a mark", append([]byte("\xFE\xFF"), encode(be.NewEncoder(), body)...), "Müller – €"},
		{"UTF-16 LE without a mark", encode(le.NewEncoder(), body), "Müller – €"},
		{"UTF-16 BE without a mark", encode(be.NewEncoder(), body), "Müller – €"},
		{"ISO-8859-1", encode(charmap.ISO8859_1.NewEncoder(), `<?xml version="1.0" encoding="ISO-8859-1"?><a b="ü">Müller</a>`), "Müller"},
		{"windows-1252", encode(charmap.Windows1252.NewEncoder(), `<?xml version='1.0' encoding='windows-1252' ?>`+body), "Müller – €"},
		{"UTF-8 that claims to be UTF-16", []byte(`<?xml version="1.0" encoding="utf-16"?>` + body), "Müller – €"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := New(tt.give, 8)
			if err != nil {
				t.Fatal(err)
			}
			if !s.Child(0) {
				t.Fatal(s.Err())
			}
			if b := string(s.Attr("b")); b != "ü" {
				t.Errorf("attribute %q", b)
			}
			if got := string(s.Content()); got != tt.want || s.Child(0) || s.Err() != nil {
				t.Errorf("got %q, %v; want %q", got, s.Err(), tt.want)
			}
			if got := Root(tt.give); got != "a" {
				t.Errorf("Root = %q", got)
			}
		})
	}
}

func TestUnboundPrefixHasNoNamespace(t *testing.T) {
	t.Parallel()
	got, err := outline([]byte(`<gpx xmlns="u"><ns3:hr>1</ns3:hr></gpx>`), 8)
	if want := "(u|gpx(|hr))"; got != want || err != nil {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"<gpx>":    "gpx",
		"<ns:gpx ": "gpx",
		"<?xml version='1.0'?><!-- <a> --> <?p?>\n<kml": "kml",
		"<!DOCTYPE gpx><gpx/>":                          "gpx",
		"<!DOCTYPE a [<!ENTITY b '>'>]> <gpx/>":         "gpx",
		"\xEF\xBB\xBF<gpx":                              "gpx",
		"":                                              "",
		"PK\x03\x04":                                    "",
		"<":                                             "",
		"<!-- no end":                                   "",
		"<!DOCTYPE":                                     "",
		"text <gpx>":                                    "",
		"<?xml version='1.0' encoding='UTF-7'?><gpx>": "gpx",
	}
	for give, want := range tests {
		if got := Root([]byte(give)); got != want {
			t.Errorf("Root(%q) = %q, want %q", give, got, want)
		}
	}
}

func FuzzScanner(f *testing.F) {
	for _, doc := range []string{
		`<a xmlns:p="u"><p:b c="&lt;">1 &amp; 2</p:b><![CDATA[x]]><!-- y --></a>`,
		"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xfc</a>", "\xff\xfe<\x00a\x00/\x00>\x00", "<a>&#x41;]]></a>",
	} {
		f.Add([]byte(doc))
	}
	corpustest.Seeds(f, func(b []byte) bool { return Root(b) != "" })
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := outline(data, 64)
		var fault *track.Fault
		if err != nil && (!errors.As(err, &fault) || fault.Line < 1 || fault.Code == "") {
			t.Fatalf("an error that is no fault with a line: %v", err)
		}
		s, err2 := New(data, 64)
		if err2 == nil {
			for s.Child(0) {
				s.Content()
			}
			err2 = s.Err()
		}
		if (err == nil) != (err2 == nil) {
			t.Fatalf("walking says %v, reading says %v", err, err2)
		}
		Root(data)
		if err != nil {
			return
		}
		utf8, _ := text(data)
		if want, err := reference(utf8); err == nil && got != want {
			t.Fatalf("%q\n got %q\nwant %q", data, got, want)
		}
	})
}
