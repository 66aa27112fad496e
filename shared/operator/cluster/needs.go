package cluster

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"paceline/shared/broker/manifest"
)

// The kinds of objects that hold settings.
const (
	Secret    = "Secret"
	ConfigMap = "ConfigMap"
)

// Need is one key of a Secret or ConfigMap that a Service cannot start without.
type Need struct {
	Kind, Name string
	Key        string // "" when the object is mounted and no variable names a file of it
	Service    string
	Variable   string // what reads it, or ""
}

// Needs is what a Service refers to, sorted, where no KMS has the key of
// everything sealed. What is marked optional is needed, too: it is so that the
// function starts without it, and says what is missing.
func Needs(s manifest.Service) []Need { return needsWith(s, kekFile) }

// needsWith is Needs when the key of everything sealed is at kek: no Secret has
// to hold what a KMS keeps.
func needsWith(s manifest.Service, kek string) []Need {
	all := references(s)
	if kek != kekFile {
		return slices.DeleteFunc(all, func(n Need) bool { return n.Name == kekObject })
	}
	for i := range all {
		if all[i].Name == kekObject {
			all[i].Key, all[i].Variable = kekKey, "KEK_URI"
		}
	}
	return all
}

func references(s manifest.Service) []Need {
	var all []Need
	for _, c := range s.Spec.Template.Spec.Containers {
		for _, v := range c.Env {
			all = append(all, fromVariable(v)...)
		}
		for _, from := range c.EnvFrom {
			if from.SecretRef != nil {
				all = append(all, Need{Kind: Secret, Name: from.SecretRef.Name})
			}
			if from.ConfigMapRef != nil {
				all = append(all, Need{Kind: ConfigMap, Name: from.ConfigMapRef.Name})
			}
		}
		for _, m := range c.VolumeMounts {
			for _, v := range s.Spec.Template.Spec.Volumes {
				if v.Name == m.Name {
					all = append(all, fromVolume(v, m, c.Env)...)
				}
			}
		}
	}
	for i := range all {
		all[i].Service = s.Metadata.Name
	}
	slices.SortFunc(all, func(a, b Need) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Variable, b.Variable))
	})
	return slices.Compact(all)
}

func fromVariable(v manifest.EnvVar) []Need {
	if v.ValueFrom == nil {
		return nil
	}
	if ref := v.ValueFrom.SecretKeyRef; ref != nil {
		return []Need{{Kind: Secret, Name: ref.Name, Key: ref.Key, Variable: v.Name}}
	}
	if ref := v.ValueFrom.ConfigMapKeyRef; ref != nil {
		return []Need{{Kind: ConfigMap, Name: ref.Name, Key: ref.Key, Variable: v.Name}}
	}
	return nil
}

// fromVolume is the objects of a volume, each with the keys that a variable
// names as a file below the mount.
func fromVolume(v manifest.Volume, m manifest.VolumeMount, env []manifest.EnvVar) []Need {
	var all []Need
	for _, o := range objectsOf(v) {
		named := false
		for _, e := range env {
			file, below := strings.CutPrefix(strings.TrimPrefix(e.Value, "file://"), path.Clean(m.MountPath)+"/")
			if key, has := o.keyOf(file); below && has {
				all = append(all, Need{Kind: o.kind, Name: o.name, Key: key, Variable: e.Name})
				named = true
			}
		}
		if !named {
			all = append(all, Need{Kind: o.kind, Name: o.name})
		}
	}
	return all
}

// mountable is an object as files.
type mountable struct {
	kind, name string
	items      []manifest.KeyPath
}

// keyOf is the key that becomes a file. Without items every key may.
func (o mountable) keyOf(file string) (string, bool) {
	if len(o.items) == 0 {
		return file, file != "" && !strings.Contains(file, "/")
	}
	for _, i := range o.items {
		if i.Path == file {
			return i.Key, true
		}
	}
	return "", false
}

func objectsOf(v manifest.Volume) []mountable {
	var all []mountable
	if s := v.Secret; s != nil {
		all = append(all, mountable{Secret, s.SecretName, s.Items})
	}
	if c := v.ConfigMap; c != nil {
		all = append(all, mountable{ConfigMap, c.Name, c.Items})
	}
	if v.Projected == nil {
		return all
	}
	for _, from := range v.Projected.Sources {
		if s := from.Secret; s != nil {
			all = append(all, mountable{Secret, s.Name, s.Items})
		}
		if c := from.ConfigMap; c != nil {
			all = append(all, mountable{ConfigMap, c.Name, c.Items})
		}
	}
	return all
}
