package api_test

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

func TestGeneratedTypesAreUpToDate(t *testing.T) {
	t.Parallel()
	const modfile = "-modfile=../../tools/oapi-codegen/go.mod"
	if out, err := exec.CommandContext(t.Context(), "go", "tool", modfile, "oapi-codegen", "-version").CombinedOutput(); err != nil {
		t.Skipf("the generator cannot be built here: %v\n%s", err, out)
	}
	want, err := exec.CommandContext(t.Context(), "go", "tool", modfile, "oapi-codegen",
		"-config", "oapi-codegen.yaml", "openapi.yaml").Output()
	if err != nil {
		t.Fatalf("generate: %v", err)
	}
	got, err := os.ReadFile("api.gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("api.gen.go is not what openapi.yaml makes; run go generate ./shared/api")
	}
}
