package paceline

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"paceline/functions/gateway"
)

// always are headers that every answer has, whoever asks for what.
var always = map[string]string{
	"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin",
}

// directives are what the policy of every page has. Nothing else may give a page
// more: 'self' is the widest.
var directives = []string{"default-src 'none'", "script-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"}

// Every route that reads, asked by one who may and by nobody: what browsers are
// told of each answer, that no cache on the way keeps what is somebody's, and
// what pages may load.
func TestEveryAnswerSaysWhatBrowsersMayDoWithIt(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com"})
	root := r.join("Root")
	pages := 0
	for _, route := range gateway.Routes {
		if route.Method != http.MethodGet || strings.HasSuffix(route.Pattern, "/stream") { // one that does not end
			continue
		}
		path := strings.ReplaceAll(filled(route.Pattern), "/static/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/static/enter.js")
		for who, token := range map[string]string{"an admin": root.token, "nobody": ""} {
			a := r.do(token, "GET", path, nil, "")
			what := fmt.Sprintf("%s, asked by %s: %d", path, who, a.status)
			for name, want := range always {
				if got := a.header.Get(name); got != want {
					t.Errorf("%s: %s is %q, want %q", what, name, got, want)
				}
			}
			switch kind, cache := a.header.Get("Content-Type"), a.header.Get("Cache-Control"); {
			case strings.HasPrefix(kind, "text/html"):
				pages++
				holdsPolicy(t, what, a.header.Get("Content-Security-Policy"))
			case strings.HasPrefix(route.Pattern, "/static/") || strings.HasSuffix(route.Pattern, ".yaml") && a.status == 200: // the same for all
			case !strings.Contains(cache, "no-store"):
				t.Errorf("%s: caches are told %q", what, cache)
			}
		}
	}
	if pages < 11 {
		t.Errorf("%d pages: the test does not see them", pages)
	}
}

func holdsPolicy(t *testing.T, what, policy string) {
	t.Helper()
	have := strings.Split(policy, "; ")
	for _, d := range directives {
		if !slices.Contains(have, d) {
			t.Errorf("%s: the policy %q lacks %q", what, policy, d)
		}
	}
	for _, d := range have {
		_, sources, _ := strings.Cut(d, " ")
		for _, source := range strings.Fields(sources) {
			if !slices.Contains([]string{"'none'", "'self'", "data:", "blob:"}, source) || strings.HasPrefix(d, "script-src") && source != "'self'" {
				t.Errorf("%s: the policy %q lets %s in", what, policy, d)
			}
		}
	}
}

// What somebody gets into a page runs there in no way, and loads nothing from
// elsewhere.
func TestWhatIsPutIntoAPageDoesNotRun(t *testing.T) {
	t.Parallel()
	b := browser(t)
	r := start(t, t.TempDir(), nil)
	b.step("a page", chromedp.Navigate(r.url+"/login"), chromedp.WaitVisible("#form"))
	b.until("what was put in", `(() => {
		const inline = document.createElement("script")
		inline.textContent = "document.title = 'inline'"
		const handler = document.createElement("button")
		handler.setAttribute("onclick", "document.title = 'handler'")
		const elsewhere = document.createElement("script")
		elsewhere.src = "data:text/javascript,document.title='elsewhere'"
		elsewhere.onerror = () => { window.refused = true }
		document.body.append(inline, handler, elsewhere)
		handler.click()
		return true
	})()`)
	b.until("the refusal", `window.refused === true`)
	if title := b.text("title"); slices.Contains([]string{"inline", "handler", "elsewhere"}, title) {
		t.Errorf("it ran: the title is %q", title)
	}
}
