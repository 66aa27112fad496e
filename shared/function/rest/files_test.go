package rest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"paceline/shared/function/rest"
)

// anything is what the files of testdata/json have in them.
type anything struct {
	Value any `json:"value"`
}

// decided is what is expected of files whose name begins with i.
func decided(t *testing.T) map[string]problem {
	t.Helper()
	b, err := os.ReadFile("testdata/json/decided.tsv")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]problem{}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(strings.TrimSpace(line), "\t")
		if len(columns) != 4 {
			t.Fatalf("%q has %d columns", line, len(columns))
		}
		status, err := strconv.Atoi(columns[1])
		if err != nil {
			t.Fatal(err)
		}
		out[columns[0]] = problem{Status: status, Code: columns[2]}
	}
	return out
}

// TestJSONFiles reads every file of testdata/json as the body of a request: those
// that begin with y are taken, and hold what encoding/json finds in them; those
// with n are refused; and of those with i decided.tsv says what is done.
func TestJSONFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/json/*.json")
	if err != nil || len(files) < 250 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	open := decided(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		want, found := open[name]
		switch name[0] {
		case 'y':
			want = problem{Status: 200}
		case 'n':
			want = problem{Status: 400, Code: "invalid_json"}
		default:
			if delete(open, name); !found {
				t.Errorf("nothing is decided of %s", name)
			}
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got anything
			r := httptest.NewRequest("POST", "/", bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w, p := answer(t, rest.Handler(func(w http.ResponseWriter, r *http.Request) error {
				if err := rest.Read(w, r, &got); err != nil {
					return err
				}
				return rest.JSON(w, http.StatusOK, got)
			}), r)
			if w.Code != want.Status || p.Code != want.Code {
				t.Fatalf("%d %s, want %d %s", w.Code, w.Body, want.Status, want.Code)
			}
			var same, again anything
			if w.Code != 200 {
				return
			}
			if err := json.Unmarshal(body, &same); err != nil || !reflect.DeepEqual(got, same) {
				t.Errorf("%+v, want %+v (%v)", got, same, err)
			}
			if err := json.Unmarshal(w.Body.Bytes(), &again); err != nil || !reflect.DeepEqual(got, again) {
				t.Errorf("it is answered as %s", w.Body)
			}
		})
	}
	for name := range open {
		t.Errorf("there is no file %s", name)
	}
}
