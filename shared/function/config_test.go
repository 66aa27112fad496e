package function_test

import (
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paceline/shared/function"
	"paceline/shared/function/identity"
)

// settings are a working environment.
func settings(t *testing.T) map[string]string {
	t.Helper()
	key, err := identity.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, key, 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"IDENTITY_KEY_FILE": file, "IDENTITY_JWKS_FILE": file + ".jwks",
		"REDIS_URL": "redis://127.0.0.1:1", "K_SINK": "http://127.0.0.1:1", "KEK_URI": "file:///nowhere/kek.json",
	}
}

func environment(vars map[string]string) function.Env {
	return function.Env{Vars: vars, Log: slog.New(slog.DiscardHandler), Now: time.Now}
}

func TestABadSettingIsNamedAtStart(t *testing.T) {
	t.Parallel()
	garbage := filepath.Join(t.TempDir(), "garbage.pem")
	if err := os.WriteFile(garbage, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		set   map[string]string
		names []string
	}{
		"nothing set": {
			map[string]string{"IDENTITY_KEY_FILE": "-", "IDENTITY_JWKS_FILE": "-", "REDIS_URL": "-", "K_SINK": "-", "KEK_URI": "-"},
			[]string{"IDENTITY_KEY_FILE", "IDENTITY_JWKS_FILE", "REDIS_URL", "K_SINK", "KEK_URI"},
		},
		"an empty address":                {map[string]string{"REDIS_URL": ""}, []string{"REDIS_URL"}},
		"no store":                        {map[string]string{"REDIS_URL": "-"}, []string{"REDIS_URL"}},
		"no sink":                         {map[string]string{"K_SINK": "-"}, []string{"K_SINK"}},
		"a key file that is not there":    {map[string]string{"IDENTITY_KEY_FILE": garbage + "x"}, []string{"IDENTITY_KEY_FILE"}},
		"a key file that is empty":        {map[string]string{"IDENTITY_KEY_FILE": empty}, []string{"IDENTITY_KEY_FILE"}},
		"a key file without a key":        {map[string]string{"IDENTITY_KEY_FILE": garbage}, []string{"IDENTITY_KEY_FILE"}},
		"an address that is none":         {map[string]string{"REDIS_URL": "redis://user:hunter2@ho st:1"}, []string{"REDIS_URL"}},
		"a cluster address that is none":  {map[string]string{"REDIS_URL": "redis-cluster://user:hunter2@ho st:1"}, []string{"REDIS_URL"}},
		"a foreign address":               {map[string]string{"REDIS_URL": "postgres://user:hunter2@host"}, []string{"REDIS_URL"}},
		"a database that is no number":    {map[string]string{"REDIS_URL": "redis://user:hunter2@host/x"}, []string{"REDIS_URL"}},
		"a KEK of an unknown kind":        {map[string]string{"KEK_URI": "vault://hunter2"}, []string{"KEK_URI", "vault"}},
		"a KEK file without a root":       {map[string]string{"KEK_URI": "file://kek.json"}, []string{"KEK_URI"}},
		"a sink that is no address":       {map[string]string{"K_SINK": "broker"}, []string{"K_SINK"}},
		"overrides that are not JSON":     {map[string]string{"K_CE_OVERRIDES": "{"}, []string{"K_CE_OVERRIDES"}},
		"an override without a good name": {map[string]string{"K_CE_OVERRIDES": `{"extensions":{"not-a-name":"x"}}`}, []string{"K_CE_OVERRIDES", "not-a-name"}},
	}
	for name, c := range cases {
		vars := settings(t)
		maps.Copy(vars, c.set)
		maps.DeleteFunc(vars, func(_, v string) bool { return v == "-" })
		base, err := function.OpenBase(environment(vars), "echo")
		if err == nil {
			t.Errorf("%s: opens as %+v", name, base)
			continue
		}
		for _, want := range c.names {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %s is not named: %v", name, want, err)
			}
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
	}
}

// Opening does no I/O that it can put off: it works with nobody there.
func TestOpeningConnectsToNobody(t *testing.T) {
	t.Parallel()
	vars := settings(t)
	vars["K_CE_OVERRIDES"] = `{"extensions":{"tenant":"north"}}`
	base, err := function.OpenBase(environment(vars), "echo")
	if err != nil {
		t.Fatal(err)
	}
	if err := base.Function(nil).Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAStatelessFunctionNeedsNoStore(t *testing.T) {
	t.Parallel()
	vars := settings(t)
	delete(vars, "REDIS_URL")
	delete(vars, "K_SINK")
	base, err := function.OpenStateless(environment(vars), "web")
	if err != nil || base.Store != nil {
		t.Fatal(base, err)
	}
	if f := base.Function(nil); f.Handler == nil || f.Ready != nil {
		t.Errorf("function %+v", f)
	}
}
