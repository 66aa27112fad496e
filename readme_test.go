package paceline

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"paceline/events"
	"paceline/functions/upload/fit/fittest"
)

func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var eventRow = regexp.MustCompile(`(?m)^\| ([a-z]+\.[a-z.]+) \| ([a-z, ]+) \| ([a-z, –]+) \|$`)

// The table of events in the README is the catalogue, which is what functions
// make and Triggers say.
func TestReadmeEventsAreTheCatalogue(t *testing.T) {
	t.Parallel()
	var catalogue struct {
		Operations map[string]struct{ Action string }
	}
	if err := yaml.Unmarshal(events.AsyncAPI, &catalogue); err != nil {
		t.Fatal(err)
	}
	sent, heard := map[string][]string{}, map[string][]string{}
	for name, op := range catalogue.Operations {
		if function, eventType, ok := strings.Cut(name, ".sends."); ok && op.Action == "send" {
			sent[eventType] = append(sent[eventType], function)
		} else if function, eventType, ok := strings.Cut(name, ".hears."); ok && op.Action == "receive" {
			heard[eventType] = append(heard[eventType], function)
		} else {
			t.Errorf("operation %s: %s", name, op.Action)
		}
	}
	var want, got []string
	for _, p := range events.All() {
		if eventType := p.EventType(); eventType != events.TypePing {
			short := strings.TrimSuffix(strings.TrimPrefix(eventType, "paceline."), ".v1")
			want = append(want, fmt.Sprintf("%s: %s → %s", short, list(sent[eventType]), list(heard[eventType])))
		}
	}
	for _, m := range eventRow.FindAllStringSubmatch(readme(t), -1) {
		got = append(got, fmt.Sprintf("%s: %s → %s", m[1], m[2], m[3]))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("README:\n%s\ncatalogue:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func list(names []string) string {
	if len(names) == 0 {
		return "–"
	}
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), ", ")
}

var (
	settingRow = regexp.MustCompile("(?m)^\\| (`[A-Z][A-Z_`, ]+) \\| ([^|]+) \\|")
	setByName  = regexp.MustCompile(`(?:env|vars|Vars)\["([A-Z][A-Z_]+)"\]`)
)

// The README's table of settings is what functions and platform read, and says
// what holds without them. What the platform sets itself is left out.
func TestReadmeNamesEverySetting(t *testing.T) {
	t.Parallel()
	rows := map[string]string{} // variable → default
	for _, m := range settingRow.FindAllStringSubmatch(readme(t), -1) {
		for variable := range strings.SplitSeq(m[1], ", ") {
			rows[strings.Trim(variable, "`")] = m[2]
		}
	}
	read := map[string]setting{}
	for name := range functions {
		maps.Copy(read, settings(t, name))
	}
	for _, file := range []string{"function.go", "platform.go", "serve.go", "shared/function/main.go", "shared/function/telemetry.go"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range setByName.FindAllStringSubmatch(string(b), -1) {
			if _, known := read[m[1]]; !known {
				read[m[1]] = setting{}
			}
		}
	}
	inner := []string{"CLUSTER_ISSUER", "CLUSTER_JWKS_FILE", "SINK_TOKEN_FILE", "IDENTITY_KEY_FILE", "IDENTITY_JWKS_FILE", "ACCOUNTS_KEY_FILE", "PASSWORD_KEYS_FILE", "K_SINK", "K_CE_OVERRIDES", "K_CA_CERTS", "FUNCTION_URL", "FUNCTION_CA_CERTS", "MAIL_DIR"}
	for variable, s := range read {
		row, named := rows[variable]
		if slices.Contains(inner, variable) {
			continue
		}
		if !named {
			t.Errorf("%s is read, and the README does not name it", variable)
		} else if !strings.Contains(row, s.fallback) {
			t.Errorf("%s: the README says %q, without it %q holds", variable, row, s.fallback)
		}
	}
	for variable := range rows {
		if _, known := read[variable]; !known {
			t.Errorf("the README names %s, and nobody reads it", variable)
		}
	}
}

// Who deploys makes these by hand, so that each has to be named.
func TestReadmeNamesWhatAClusterMustHave(t *testing.T) {
	t.Parallel()
	text := readme(t)
	name := func(service string, names ...string) {
		for _, n := range names {
			if n = strings.ReplaceAll(n, "paceline-identity-"+service, "paceline-identity-<function>"); !strings.Contains(text, "`"+n+"`") {
				t.Errorf("%s needs %s, and the README does not name it", service, n)
			}
		}
	}
	for _, s := range manifests(t).Services {
		for _, v := range s.Spec.Template.Spec.Containers[0].Env {
			if v.ValueFrom != nil && v.ValueFrom.ConfigMapKeyRef != nil {
				name(s.Metadata.Name, v.ValueFrom.ConfigMapKeyRef.Name, v.ValueFrom.ConfigMapKeyRef.Key)
			} else if v.ValueFrom != nil && v.Name != "REDIS_URL" { // whose keys are the functions' names
				name(s.Metadata.Name, v.ValueFrom.SecretKeyRef.Name, v.ValueFrom.SecretKeyRef.Key)
			} else if v.ValueFrom != nil {
				name(s.Metadata.Name, v.ValueFrom.SecretKeyRef.Name)
			} else if strings.HasPrefix(v.Value, "/etc/paceline/") {
				name(s.Metadata.Name, filepath.Base(v.Value))
			}
		}
		for _, v := range s.Spec.Template.Spec.Volumes {
			if v.Secret != nil {
				name(s.Metadata.Name, v.Secret.SecretName)
			} else if v.ConfigMap != nil {
				name(s.Metadata.Name, v.ConfigMap.Name)
			}
		}
	}
}

// The README's lines of shell are run as they stand, but for the address.
func TestReadmeShellWorks(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(command); err != nil {
			t.Skipf("%s is not installed, so the README's shell did not run", command)
		}
	}
	_, script, _ := strings.Cut(readme(t), "```sh\n")
	script, _, _ = strings.Cut(script, "```")
	dir := t.TempDir()
	r := start(t, filepath.Join(dir, "var"), nil)
	friend := r.join("Ben")
	if err := os.WriteFile(filepath.Join(dir, "run.fit"), fittest.Run(monday, 1800), 0o600); err != nil {
		t.Fatal(err)
	}
	script = strings.Replace(script, "http://127.0.0.1:8080", r.url, 1)
	script = "set -euo pipefail\ncurl() { command curl --fail-with-body \"$@\" && echo; }\n" + script
	cmd := exec.CommandContext(t.Context(), "bash")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "FRIEND="+friend.id)
	cmd.Stdin = strings.NewReader(script)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, part := range []string{`"user_id"`, `"state":"ready"`, `"name":"Morning run"`, `"distance_m":5`, `"buckets"`, `"workout_ready"`, "openapi: 3."} {
		if !bytes.Contains(out, []byte(part)) {
			t.Errorf("no %s in what the README's shell prints:\n%s", part, out)
		}
	}
	var asked struct{ Items []struct{ ID string } }
	r.settled()
	friend.want(200, "GET", "/v1/me/follow-requests", nil, &asked)
	if len(asked.Items) != 1 {
		t.Errorf("%d people ask to follow the README's friend", len(asked.Items))
	}
}
