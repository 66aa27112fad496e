package mail

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// samples are values for every template.
var samples = map[string]string{
	"rule": "stuffing-one-source", "value": "192.0.2.1", "runbook": "docs/alerts/stuffing-one-source.md", "count": "20", "last_at": "2026-05-04T10:00:00Z",
	"token": "Ab3-_xyz", "valid_for": "24h0m0s", "name": "Анна O'Neil", "who": "Пётр & Co", "sport": "Trail running",
	"distance": "12.34 km", "duration": "1:02:03", "file_name": "morning <run>.fit", "reason": "the file ends too early",
	"of": "distance", "over": "5 km", "result": "0:21:05", "previous": "0:21:40", "more": "3", "target": "100 km",
	"device": "Firefox, Linux", "when": "2026-05-04 10:00 UTC",
}

func sample(template, locale string) view {
	public, _ := publicURL("https://paceline.example/base")
	k := kinds[template]
	return view{Locale: locale, Data: samples, Link: k.link(public, samples), Optional: !k.account}
}

func TestEveryTemplateSaysWhatItsGoldenFilesSay(t *testing.T) {
	t.Parallel()
	for _, locale := range locales {
		for name := range kinds {
			t.Run(locale+"/"+name, func(t *testing.T) {
				t.Parallel()
				c, err := render(name, sample(name, locale))
				if err != nil {
					t.Fatal(err)
				}
				golden(t, filepath.Join("testdata", locale, name+".txt"), "Subject: "+c.subject+"\n\n"+c.text)
				golden(t, filepath.Join("testdata", locale, name+".html"), c.html)
			})
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (want -, got +); -update writes it anew\n%s", file, d)
	}
}

func TestThereIsNoTemplateFileWithoutAKind(t *testing.T) {
	t.Parallel()
	err := fs.WalkDir(files, "templates", func(path string, d fs.DirEntry, err error) error {
		name := strings.TrimSuffix(d.Name(), filepath.Ext(d.Name()))
		if _, ok := kinds[name]; err != nil || d.IsDir() || ok || name == "footer" || name == "layout" {
			return err
		}
		t.Errorf("nothing sends %s", path)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestMailsWithTheLeastDataLeaveNoGaps(t *testing.T) {
	t.Parallel()
	for _, locale := range locales {
		for name, k := range kinds {
			v := sample(name, locale)
			v.Data = map[string]string{}
			for _, r := range k.required {
				v.Data[r] = samples[r]
			}
			c, err := render(name, v)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(c.text+c.html, "<no value>") || strings.Contains(c.text, "\n\n\n") || strings.HasSuffix(c.subject, ":") || strings.Contains(c.text+c.html, "“”") || strings.Contains(c.text+c.html, "«»") {
				t.Errorf("%s/%s has a gap:\n%s", locale, name, c.text)
			}
		}
	}
}

func TestNothingInAValueBecomesMarkupOrALine(t *testing.T) {
	t.Parallel()
	evil := "<script>alert(1)</script>\r\nBcc: victim@example.org\r\n\r\nbody \"><img src=x onerror=y>\u202e\u2028"
	for name := range kinds {
		v := sample(name, "en")
		v.Data = map[string]string{"token": "t", "valid_for": evil}
		for _, key := range []string{"name", "who", "sport", "distance", "duration", "file_name", "reason", "over", "result", "previous", "more", "target"} {
			v.Data[key] = evil
		}
		c, err := render(name, v)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(c.html, "<script") || strings.Contains(c.html, "<img") {
			t.Errorf("%s: a value became markup:\n%s", name, c.html)
		}
		if strings.ContainsAny(c.subject, "\r\n\u2028\u202e") || strings.Contains(c.text, "\nBcc:") || strings.Contains(c.html, "\nBcc:") {
			t.Errorf("%s: a value began a line: %q", name, c.subject)
		}
	}
}
