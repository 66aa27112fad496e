package paceline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	downloads "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"paceline/functions/upload/gpx/gpxtest"
)

// A person asks for their data in the app, is told when it is there, and has it as
// a file.
func TestTheDataIsDownloadedInTheBrowser(t *testing.T) {
	t.Parallel()
	b := browser(t)
	r := start(t, t.TempDir(), nil)
	anna := r.join("Anna")
	anna.upload("run.gpx", gpxtest.Run(monday, 120), nil)
	folder := t.TempDir()
	allowed := downloads.SetDownloadBehaviorParams{Behavior: downloads.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder}
	b.signIn(r.url, anna)
	if _, err := chromedp.Call(b.ctx, downloads.SetDownloadBehavior, allowed); err != nil {
		t.Fatal(err)
	}
	b.until("the whole app", `document.querySelector("#sessions li") !== null`)
	b.step("ask", chromedp.Click("#export"))
	b.until("that it is being made", `document.querySelector("#export-state").textContent.includes("a mail tells you")`)
	r.soon("the mail", func() bool { return r.mails(anna.email)["Your export is ready"] != nil })
	b.step("come back", chromedp.Reload(), chromedp.WaitVisible("#export"))
	b.until("that it is ready", `document.querySelector("#export-state").textContent === "Your data is ready."`)
	b.step("download", chromedp.Click("#export"))
	b.until("that it is downloaded", `document.querySelector("#export-state").textContent.startsWith("You downloaded")`)
	r.soon("the file", func() bool { _, err := os.Stat(filepath.Join(folder, "paceline-1-of-1.zip")); return err == nil })
	zip, err := os.ReadFile(filepath.Join(folder, "paceline-1-of-1.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if files := unzipped(t, zip); !strings.Contains(files["accounts/account.json"], anna.email) {
		t.Errorf("the file holds %d files and not her address", len(files))
	}
}
