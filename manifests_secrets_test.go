package paceline

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"paceline/knative"
	"paceline/shared/operator"
	"paceline/shared/operator/cluster"
)

// secretsDryRun is the command for a fresh cluster.
func secretsDryRun(redis string) []string {
	return []string{"secrets", "--dry-run", "--redis-url", redis, "--objects-url", "s3://paceline",
		"--mail-url", "smtp://mail:25", "--public-url", "https://paceline.example", "--mail-from", "Paceline <no-reply@paceline.example>", "--admin-emails", "root@example.com",
		"--value", "paceline-config/cluster-issuer=https://cluster.example", "--value", `paceline-jwks/cluster.json={"keys":[]}`}
}

// What the README calls for a fresh cluster is enough for every reference of
// the manifests: one that is added needs a rule, or a flag.
func TestManifestsGetTheirSecretsFromOneCommand(t *testing.T) {
	t.Parallel()
	var out, complaints bytes.Buffer
	tool := operator.Tool{Manifests: knative.Manifests, Env: map[string]string{}, In: strings.NewReader(""), Out: &out, Err: &complaints, HTTP: http.DefaultClient}
	code := tool.Run(t.Context(), secretsDryRun("redis://{function}:pw@redis:6379"))
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, &complaints)
	}
	for _, s := range manifests(t).Services {
		for _, n := range cluster.Needs(s) {
			if n.Key == "" {
				t.Errorf("%s mounts %s %s and no variable names a file of it", s.Metadata.Name, n.Kind, n.Name)
			}
			if !declares(out.String(), n) {
				t.Errorf("%s wants %s of the %s %s, which the command does not make", s.Metadata.Name, n.Key, n.Kind, n.Name)
			}
		}
	}
}

// declares says whether a document of the YAML has the key.
func declares(text string, n cluster.Need) bool {
	for doc := range strings.SplitSeq(text, "---\n") {
		if strings.Contains(doc, "kind: "+n.Kind+"\n") && strings.Contains(doc, "  name: "+n.Name+"\n") {
			return strings.Contains(doc, "\n  "+n.Key+": ")
		}
	}
	return false
}
