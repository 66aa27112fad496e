package paceline

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
)

// stranger is a page of another origin, which tries what such pages try. %s is
// the platform, and a person's token.
const stranger = `<!doctype html><title>Stranger</title><ul id="got"></ul><script type="module">
const there = %q, token = %q
const tries = {
  "a page": () => fetch(there + "/"),
  "a page, unread": () => fetch(there + "/", {mode: "no-cors"}),
  "a script": () => new Promise((yes, no) => { const s = document.createElement("script"); s.src = there + "/static/enter.js"; s.onload = yes; s.onerror = no; document.body.append(s) }),
  "who I am": () => fetch(there + "/v1/me", {headers: {Authorization: "Bearer " + token}}),
  "who I am, with credentials": () => fetch(there + "/v1/me", {headers: {Authorization: "Bearer " + token}, credentials: "include"}),
  "a sign-in": () => fetch(there + "/v1/auth/login", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"}),
  "a sign-in, as a form sends it": () => fetch(there + "/v1/auth/login", {method: "POST", mode: "no-cors", body: "{}"}),
  "a change": () => fetch(there + "/v1/me", {method: "DELETE", headers: {Authorization: "Bearer " + token}}),
}
for (const [name, attempt] of Object.entries(tries)) {
  let came = true
  await attempt().catch(() => { came = false })
  if (came) { const li = document.createElement("li"); li.textContent = name; document.querySelector("#got").append(li) }
}
document.title = "tried"
</script>`

// A page of another origin reads nothing, changes nothing, and cannot even ask
// with a token that it has.
func TestPagesOfOtherOriginsGetNothing(t *testing.T) {
	t.Parallel()
	b := browser(t)
	r := start(t, t.TempDir(), nil)
	anna := r.join("Anna")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, stranger, r.url, anna.token)
	}))
	t.Cleanup(elsewhere.Close)
	b.step("the stranger's page", chromedp.Navigate(elsewhere.URL))
	b.until("all tries", `document.title === "tried"`)
	if got := b.text("#got"); got != "" {
		t.Errorf("it got %q", got)
	}
	anna.want(200, "GET", "/v1/me", nil, nil)
}
