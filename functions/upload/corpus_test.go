package upload

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"paceline/functions/upload/xmlscan/corpustest"
)

// Every real file is either taken, and comes back byte for byte, or refused
// with a reason; nothing of a refused one stays.
func TestRealFiles(t *testing.T) {
	t.Parallel()
	dir := corpustest.Dir(t)
	r := newRig(t)
	verdicts := map[int]int{}
	err := filepath.WalkDir(filepath.Join(dir, "files"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil || len(content) > testQuota {
			return err
		}
		who, objects := person(), len(r.objects(t))
		a := post(r.Rig, who, aFile(d.Name(), content))
		verdicts[a.Status]++
		switch a.Status {
		case 202:
			out := accepted(t, a)
			got := r.Call(who, "GET", "/v1/workouts/"+out.Workouts[0].ID+"/file", nil)
			if !bytes.Equal(got.Body, content) {
				t.Errorf("%s: the original is another: %d", path, got.Status)
			}
		case 413, 415, 422:
			if a.Code() == "" || len(r.objects(t)) != objects {
				t.Errorf("%s: %s, and %d objects more", path, a.Body, len(r.objects(t))-objects)
			}
		default:
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("answers by status: %v", verdicts)
	if verdicts[202] == 0 {
		t.Error("no file was taken")
	}
}
