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

// browser opens a real browser that ends with the test.
func browser(t *testing.T) context.Context {
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
	return ctx
}

// A person who has nothing but a browser and a mailbox gets from the landing
// page to a workout in the feed.
func TestThePagesWork(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	r := start(t, t.TempDir(), nil)
	file := filepath.Join(t.TempDir(), "run.fit")
	if err := os.WriteFile(file, fittest.Run(monday, 600), 0o600); err != nil {
		t.Fatal(err)
	}
	step := func(what string, actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, actions...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	text := func(selector string) string {
		t.Helper()
		s, err := chromedp.Run(ctx, chromedp.TextContent(selector))
		if err != nil {
			t.Fatalf("%s: %v", selector, err)
		}
		return s
	}
	until := func(what, condition string) {
		t.Helper()
		if _, err := chromedp.Run(ctx, chromedp.Poll[bool](condition)); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	step("landing", chromedp.Navigate(r.url+"/"), chromedp.Click(`main a[href="/register"]`))
	step("a short password", chromedp.WaitVisible("#form"), chromedp.SendKeys(`[name=display_name]`, "Anna"),
		chromedp.SendKeys(`[name=email]`, "anna@example.com"), chromedp.SendKeys(`[name=password]`, "short"), chromedp.Click("#form button"),
		chromedp.WaitVisible("#problem"))
	if problem := text("#problem"); !strings.Contains(problem, "15") {
		t.Errorf("the problem says %q", problem)
	}
	step("register", chromedp.SetValue(`[name=password]`, testPassword), chromedp.Click("#form button"), chromedp.WaitVisible("#done"))
	step("the link of the mail", chromedp.Navigate(r.url+"/verify?token="+r.mailToken("anna@example.com")),
		chromedp.Click("#form button"), chromedp.WaitVisible("#done"), chromedp.Click("#done a"))
	step("sign in", chromedp.WaitVisible("#forgot"), chromedp.SendKeys(`[name=email]`, "anna@example.com"),
		chromedp.SendKeys(`[name=password]`, testPassword), chromedp.Click("#form > button"), chromedp.WaitVisible("#upload"))
	until("the whole app", `document.readyState === "complete" && document.querySelector("#feed li") !== null`)
	step("upload", chromedp.SetUploadFiles(`[name=file]`, []string{file}), chromedp.Click("#upload button"))
	until("the workout in the feed", `document.querySelector("#feed strong") !== null && document.querySelector("#status").textContent === "Done."`)
	if who, feed := text("#who"), text("#feed"); who != "Anna" || !strings.Contains(feed, "1.80 km") {
		t.Errorf("%q sees the feed %q", who, feed)
	}
	step("reload", chromedp.Reload(), chromedp.WaitVisible("#upload"))
	until("the feed again", `document.querySelector("#feed strong") !== null`)
	step("sign out", chromedp.Click("#out"), chromedp.WaitVisible(".hero"))
	step("the app wants a sign-in", chromedp.Navigate(r.url+"/app"), chromedp.WaitVisible("#forgot"))
}
