package paceline

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"paceline/functions/upload/fit/fittest"
)

// tab is a page of a real browser.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// browser opens a real browser that ends with the test.
func browser(t *testing.T) tab {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium is installed: the pages were not tried in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return tab{t, ctx}
}

// step does what a person does.
func (b tab) step(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// until waits for a condition of the page.
func (b tab) until(what, condition string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](condition)); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// text is what an element holds.
func (b tab) text(selector string) string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.TextContent(selector))
	if err != nil {
		b.t.Fatalf("%s: %v", selector, err)
	}
	return s
}

// signIn signs a person in and waits for the app.
func (b tab) signIn(address string, p *person) {
	b.t.Helper()
	b.step("sign in", chromedp.Navigate(address+"/login"), chromedp.WaitVisible("#forgot"), chromedp.SendKeys(`[name=email]`, p.email),
		chromedp.SendKeys(`[name=password]`, testPassword), chromedp.Click("#form > button"), chromedp.WaitVisible("#upload"))
}

// A person who has nothing but a browser and a mailbox gets from the landing
// page to a workout in the feed.
func TestThePagesWork(t *testing.T) {
	t.Parallel()
	b := browser(t)
	r := start(t, t.TempDir(), nil)
	file := filepath.Join(t.TempDir(), "run.fit")
	if err := os.WriteFile(file, fittest.Run(monday, 600), 0o600); err != nil {
		t.Fatal(err)
	}
	b.step("landing", chromedp.Navigate(r.url+"/"), chromedp.Click(`main a[href="/register"]`))
	b.step("a short password", chromedp.WaitVisible("#form"), chromedp.SendKeys(`[name=display_name]`, "Anna"),
		chromedp.SendKeys(`[name=email]`, "anna@example.com"), chromedp.SendKeys(`[name=password]`, "short"), chromedp.Click("#form button"),
		chromedp.WaitVisible("#problem"))
	if problem := b.text("#problem"); !strings.Contains(problem, "15") {
		t.Errorf("the problem says %q", problem)
	}
	b.step("register", chromedp.SetValue(`[name=password]`, testPassword), chromedp.Click("#form button"), chromedp.WaitVisible("#done"))
	b.step("the link of the mail", chromedp.Navigate(r.url+"/verify?token="+r.mailToken("anna@example.com")),
		chromedp.Click("#form button"), chromedp.WaitVisible("#done"), chromedp.Click("#done a"))
	b.step("sign in", chromedp.WaitVisible("#forgot"), chromedp.SendKeys(`[name=email]`, "anna@example.com"),
		chromedp.SendKeys(`[name=password]`, testPassword), chromedp.Click("#form > button"), chromedp.WaitVisible("#upload"))
	b.until("the whole app", `document.readyState === "complete" && document.querySelector("#feed li") !== null`)
	b.step("upload", chromedp.SetUploadFiles(`[name=file]`, []string{file}), chromedp.Click("#upload button"))
	b.until("the workout in the feed", `document.querySelector("#feed strong") !== null && document.querySelector("#status").textContent === "Done."`)
	if who, feed := b.text("#who"), b.text("#feed"); who != "Anna" || !strings.Contains(feed, "1.80 km") {
		t.Errorf("%q sees the feed %q", who, feed)
	}
	b.step("reload", chromedp.Reload(), chromedp.WaitVisible("#upload"))
	b.until("the feed again", `document.querySelector("#feed strong") !== null`)
	b.step("sign out", chromedp.Click("#out"), chromedp.WaitVisible(".hero"))
	b.step("the app wants a sign-in", chromedp.Navigate(r.url+"/app"), chromedp.WaitVisible("#forgot"))
}
