package paceline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"paceline/functions/upload/archive/archivetest"
	"paceline/functions/upload/fit/fittest"
)

// A person sends an archive from the page, sees what became of each file without
// asking again, and takes all of it back.
func TestImportingInTheBrowser(t *testing.T) {
	t.Parallel()
	b := browser(t)
	r := start(t, t.TempDir(), nil)
	anna, dir := r.join("Anna"), t.TempDir()
	run := fittest.Run(monday, 600)
	file := func(name string, content []byte) []string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{path}
	}
	send := func(files []string) []chromedp.Action[chromedp.Void] {
		return []chromedp.Action[chromedp.Void]{chromedp.SetUploadFiles(`#archive [name=file]`, files), chromedp.Click("#archive button")}
	}
	says := func(selector, text string) string {
		return `(document.querySelector("` + selector + `")?.textContent ?? "").includes("` + text + `")`
	}
	b.signIn(r.url, anna)
	b.until("the whole app", `document.readyState === "complete" && document.querySelector("#feed li") !== null`)
	b.step("what is no archive", append(send(file("run.fit", run)), chromedp.WaitVisible("#archive-problem"))...)
	if problem := b.text("#archive-problem"); problem != "the file is no zip archive" {
		t.Errorf("the problem says %q", problem)
	}
	b.step("an archive", send(file("export.zip", archivetest.Files(map[string][]byte{
		"1.fit": run, "2.fit": fittest.Ride(monday.AddDate(0, 0, 1), 600), "half.fit": run[:len(run)/2], "photo.jpg": []byte("a picture"),
	})))...)
	b.until("its end", says("#imports strong", "export.zip")+" && "+says("#imports strong", ": imported"))
	got := b.text("#imports li")
	for _, want := range []string{"4 of 4 files", "2 new", "1 failed", "1 no workouts", "1.fit: new", "half.fit: the header claims", "photo.jpg: the file is no workout"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page says %q, without %q", got, want)
		}
	}
	r.settled()
	b.step("another day", chromedp.Reload(), chromedp.WaitVisible("#imports li"))
	b.until("the figures", says("#week", "km"))
	b.step("its files", chromedp.Click("#imports summary"))
	b.until("a verdict", says("#imports details", "2.fit: new"))
	b.step("undo", chromedp.Click("#imports li > p > button"))
	if n := len(anna.workouts()); n != 2 {
		t.Errorf("%d workouts after one press", n)
	}
	b.step("for good", chromedp.Click("#imports li > p > button"))
	b.until("the end", says("#imports strong", ": taken back"))
	if left := anna.workouts(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}
