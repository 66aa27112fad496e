package mail

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"sync"
	texttemplate "text/template"
)

//go:embed templates
var files embed.FS

// view is what a template may use.
type view struct {
	Locale   string
	Data     map[string]string // cleaned
	Link     string
	Optional bool // one can unsubscribe from it
}

// content is a mail in words.
type content struct{ subject, text, html string }

// page is one template in one language.
type page struct {
	text *texttemplate.Template // begins with a line "Subject: …"
	html *htmltemplate.Template
}

// pages are all templates by <locale>/<name>. They are read when the first mail
// needs one: most starts of the function need none.
var pages = sync.OnceValues(func() (map[string]page, error) {
	out := map[string]page{}
	for _, locale := range locales {
		for name := range kinds {
			p, err := parse(locale, name)
			if err != nil {
				return nil, fmt.Errorf("mail: template %s/%s: %w", locale, name, err)
			}
			out[locale+"/"+name] = p
		}
	}
	return out, nil
})

func parse(locale, name string) (page, error) {
	dir := "templates/" + locale + "/"
	text, err := texttemplate.New(name+".txt").ParseFS(files, dir+name+".txt", dir+"footer.txt")
	if err != nil {
		return page{}, err
	}
	html, err := htmltemplate.New("layout.html").ParseFS(files, "templates/layout.html", dir+name+".html", dir+"footer.html")
	return page{text, html}, err
}

// render writes a mail. Values are escaped for HTML, and none of them can begin
// a new line.
func render(template string, v view) (content, error) {
	all, err := pages()
	if err != nil {
		return content{}, err
	}
	p, ok := all[v.Locale+"/"+template]
	if !ok {
		return content{}, fmt.Errorf("mail: no template %s/%s", v.Locale, template)
	}
	values := make(map[string]string, len(v.Data))
	for name, value := range v.Data {
		values[name] = clean(value)
	}
	if d, ok := values["valid_for"]; ok {
		values["valid_for"] = validFor(d, v.Locale)
	}
	v.Data = values
	var text, html bytes.Buffer
	if err := p.text.Execute(&text, v); err != nil {
		return content{}, fmt.Errorf("mail: text of %s: %w", template, err)
	}
	if err := p.html.Execute(&html, v); err != nil {
		return content{}, fmt.Errorf("mail: HTML of %s: %w", template, err)
	}
	first, body, _ := strings.Cut(text.String(), "\n\n")
	return content{clean(strings.TrimPrefix(first, "Subject: ")), body, html.String()}, nil
}
