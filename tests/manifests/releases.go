package manifests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// release is the folder of a module of go.mod, whose YAML is what a cluster of
// that release runs with.
func release(module string) (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		return "", fmt.Errorf("where is %s? %w", module, err)
	}
	return dir, nil
}

// configMap reads a ConfigMap of a release.
func configMap(dir, file string) (*corev1.ConfigMap, error) {
	text, err := os.ReadFile(filepath.Join(dir, "config/core/configmaps", file))
	if err != nil {
		return nil, err
	}
	m := &corev1.ConfigMap{}
	if err := yaml.UnmarshalStrict(text, m); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}
