package paceline

import (
	"go/ast"
	"go/parser"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"paceline/shared/broker/manifest"
	"paceline/shared/function"
	"paceline/shared/function/functiontest"
)

// setting is one variable that a function reads.
type setting struct {
	fallback string // what holds without it
	file     bool   // its value names a file
}

// settings is every variable that a function reads, from the tags of its
// Config and of those of the kit.
func settings(t *testing.T, name string) map[string]setting {
	t.Helper()
	read := map[string]setting{}
	kit := "" // which Config of the kit the function opens with
	for _, s := range sources(t, parser.SkipObjectResolution) {
		if s.dir != "functions/"+name || s.test {
			continue
		}
		ast.Inspect(s.parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Field:
				addSetting(t, read, n)
			case *ast.SelectorExpr:
				kit += map[string]string{"OpenBase": "Config,StateConfig,IdentityConfig,", "OpenState": "StateConfig,IdentityConfig,", "OpenStateless": "IdentityConfig,"}[n.Sel.Name]
			}
			return true
		})
	}
	for _, s := range sources(t, parser.SkipObjectResolution) {
		if s.file != "shared/function/env.go" {
			continue
		}
		ast.Inspect(s.parsed, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && !slices.Contains(strings.Split(kit, ","), spec.Name.Name) {
				return false
			}
			if field, ok := n.(*ast.Field); ok {
				addSetting(t, read, field)
			}
			return true
		})
	}
	return read
}

func addSetting(t *testing.T, to map[string]setting, field *ast.Field) {
	t.Helper()
	if field.Tag == nil {
		return
	}
	text, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		t.Fatal(err)
	}
	if variable, options, _ := strings.Cut(reflect.StructTag(text).Get("env"), ","); variable != "" {
		to[variable] = setting{
			fallback: reflect.StructTag(text).Get("envDefault"),
			file:     slices.Contains(strings.Split(options, ","), "file") || strings.HasSuffix(variable, "_FILE"),
		}
	}
}

func TestManifestsSetWhatFunctionsRead(t *testing.T) {
	t.Parallel()
	for _, s := range manifests(t).Services {
		name := s.Metadata.Name
		read := settings(t, name)
		vars := map[string]bool{}
		for _, v := range s.Spec.Template.Spec.Containers[0].Env {
			if _, known := read[v.Name]; !known && v.Name != "GOMEMLIMIT" { // which Go reads
				t.Errorf("%s: nobody reads %s", name, v.Name)
			}
			file, isURI := strings.CutPrefix(v.Value, "file://")
			if (read[v.Name].file || isURI) && !mounted(s, file) {
				t.Errorf("%s: %s is %q, and nothing is mounted there", name, v.Name, v.Value)
			}
			vars[v.Name] = true
		}
		if _, sends := read["K_SINK"]; sends != (s.Spec.Template.Metadata.Labels[sendsEvents] == "true") {
			t.Errorf("%s: a state with an outbox: %v, which the label %s does not say", name, sends, sendsEvents)
		}
		r := rigOf(t, name)
		for have := range r.Vars { // what the test gives and the manifest does not
			if !vars[have] {
				delete(r.Vars, have)
			}
		}
		f, err := functions[name](t.Context(), function.Env{Vars: r.Vars, Log: discard, Now: time.Now})
		if err != nil {
			t.Errorf("%s does not open with what its manifest sets: %v", name, err)
		} else if f.Close != nil {
			_ = f.Close(t.Context()) // it was not used
		}
	}
}

// mounted says whether a file lies in a volume of the one container.
func mounted(s manifest.Service, file string) bool {
	return slices.ContainsFunc(s.Spec.Template.Spec.Containers[0].VolumeMounts, func(m manifest.VolumeMount) bool {
		return m.MountPath == filepath.ToSlash(filepath.Dir(file))
	})
}

// A copied manifest that still names another function's key would work, and
// would give it that function's data or name.
func TestManifestsGiveEachFunctionItsOwnSecrets(t *testing.T) {
	t.Parallel()
	for _, s := range manifests(t).Services {
		name, spec := s.Metadata.Name, s.Spec.Template.Spec
		for _, v := range spec.Containers[0].Env {
			if v.Name == "REDIS_URL" && (v.ValueFrom == nil || v.ValueFrom.SecretKeyRef == nil || v.ValueFrom.SecretKeyRef.Name != "paceline-redis" || v.ValueFrom.SecretKeyRef.Key != name) {
				t.Errorf("%s: REDIS_URL is to come from the key %s of paceline-redis", name, name)
			}
		}
		own := map[string]bool{"paceline-identity-" + name: true, "paceline-" + name: true, "paceline-kek": true} // whoever keeps a state seals it
		for _, v := range spec.Volumes {
			if v.Secret != nil && !own[v.Secret.SecretName] {
				t.Errorf("%s mounts the Secret %s, which is not its own", name, v.Secret.SecretName)
			}
		}
	}
}

// rigOf runs a function with everything that any function may want.
func rigOf(t *testing.T, name string) *functiontest.Rig {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(strings.Repeat("k", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	return functiontest.New(t, name, functions[name], map[string]string{
		"ACCOUNTS_KEY_FILE": key, "PASSWORD_KEYS_FILE": key, "OBJECTS_URL": "file://" + t.TempDir(), "FUNCTION_URL": "http://{function}.example",
		"SMTP_URL": "smtp://127.0.0.1:1", "PUBLIC_URL": "http://127.0.0.1:8080",
	})
}
