package cluster

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"paceline/shared/broker/manifest"
	"paceline/shared/function/identity"
	"paceline/shared/function/seal"
)

// What this package makes or knows by name. The manifests refer to them.
const (
	redisSecret    = "paceline-redis"
	identityPrefix = "paceline-identity-"
	identityKey    = "key.pem"
	jwksObject     = "paceline-jwks"
	jwksKey        = "jwks.json"
	kekObject      = "paceline-kek"
	kekKey         = "kek.json"
	kekURI         = "kek-uri"
	configObject   = "paceline-config"
	// kekFile is where functions find the key of the Secret.
	kekFile = "file:///etc/paceline/kek/kek.json"
)

// Settings are the values that only an operator knows. One that is empty
// leaves what the cluster has.
type Settings struct {
	RedisURL    string // {function} stands for the function's name, {password} for one that is made for it
	ObjectsURL  string
	KEKURI      string // the key of a KMS; without one a key is made and kept in a Secret
	MailURL     string
	PublicURL   string
	MailFrom    string
	AdminEmails string
	AlertEmails string
	// Values are for references that have no setting of their own: the value
	// of "object/key".
	Values map[string]string
}

// Set takes values of the form object/key=value.
func (s *Settings) Set(values []string) error {
	s.Values = map[string]string{}
	for _, v := range values {
		at, value, ok := strings.Cut(v, "=")
		if object, key, two := strings.Cut(at, "/"); !ok || !two || object == "" || key == "" || value == "" {
			return errors.New("--value wants OBJECT/KEY=VALUE")
		}
		s.Values[at] = value
	}
	return nil
}

// value is the setting for a need, and the flag that gives it.
func (s Settings) value(n Need) (value, flag string) {
	at := n.Name + "/" + n.Key
	if v, ok := s.Values[at]; ok {
		return v, ""
	}
	switch at {
	case "paceline-mail/url":
		return s.MailURL, "--mail-url"
	case configObject + "/" + kekURI:
		return s.KEKURI, "--kek-uri"
	case "paceline-config/objects-url":
		return s.ObjectsURL, "--objects-url"
	case "paceline-config/public-url":
		return s.PublicURL, "--public-url"
	case "paceline-config/mail-from":
		return s.MailFrom, "--mail-from"
	case "paceline-config/admin-emails":
		return s.AdminEmails, "--admin-emails"
	case "paceline-config/alert-emails":
		return s.AlertEmails, "--alert-emails"
	}
	if n.Name == redisSecret {
		return strings.ReplaceAll(s.RedisURL, "{function}", n.Key), "--redis-url"
	}
	return "", "--value " + at + "=…"
}

// generated makes the value of a need that nobody has to choose.
func generated(n Need) (string, bool, error) {
	switch {
	case strings.HasPrefix(n.Name, identityPrefix) && n.Key == identityKey:
		pem, err := identity.GenerateKey()
		return string(pem), true, err
	case n.Kind == Secret && n.Name == kekObject:
		doc, err := seal.GenerateKEK()
		return string(doc), true, err
	case n.Kind == Secret && n.Name == "paceline-accounts":
		return rand.Text() + rand.Text(), true, nil
	}
	return "", false, nil
}

// Complete returns every object that services refer to, with what have holds
// of it, changed where settings say so, and with new keys where there are none.
// It is an error, which names the flags, when something is missing that only
// an operator knows.
func Complete(services []manifest.Service, s Settings, have []Object) ([]Object, error) {
	objects := map[string]Object{}
	for _, o := range have {
		objects[o.id()] = Object{o.Kind, o.Name, maps.Clone(o.Data)}
	}
	var faults []error
	used := map[string]bool{}
	kek := kekOf(s.KEKURI, have...)
	for _, service := range services {
		for _, n := range needsWith(service, kek) {
			o, ok := objects[n.Kind+"/"+n.Name]
			if !ok {
				o = Object{n.Kind, n.Name, map[string]string{}}
				objects[o.id()] = o
			}
			used[n.Name+"/"+n.Key] = true
			faults = append(faults, complete(o, n, s))
		}
	}
	for at := range s.Values {
		if !used[at] {
			faults = append(faults, fmt.Errorf("--value %s: no manifest refers to it", at))
		}
	}
	if err := join(faults); err != nil {
		return nil, err
	}
	all := slices.SortedFunc(maps.Values(objects), func(a, b Object) int { return cmp.Compare(a.id(), b.id()) })
	return all, publish(all)
}

// kekOf is where the key is that everything sealed depends on: what an operator
// says now, or what one of the objects says.
func kekOf(said string, have ...Object) string {
	for _, o := range have {
		if o.Kind == ConfigMap && o.Name == configObject {
			said = cmp.Or(said, o.Data[kekURI])
		}
	}
	return cmp.Or(said, kekFile)
}

// complete gives an object the value of a need.
func complete(o Object, n Need, s Settings) error {
	if n.Key == "" || (n.Name == jwksObject && n.Key == jwksKey) {
		return nil
	}
	value, flag := s.value(n)
	if value != "" {
		o.Data[n.Key] = withPassword(value, o.Data[n.Key])
		return nil
	}
	if _, has := o.Data[n.Key]; has {
		return nil
	}
	made, ok, err := generated(n)
	switch {
	case err != nil:
		return err
	case ok:
		o.Data[n.Key] = made
	case n.Name == configObject && n.Key == kekURI:
		o.Data[n.Key] = kekFile
	case n.Key == "admin-emails" || n.Key == "alert-emails": // nobody is an admin from the start
		o.Data[n.Key] = ""
	default:
		return fmt.Errorf("%s is missing: it becomes the key %s of the %s %s", flag, n.Key, n.Kind, n.Name)
	}
	return nil
}

// withPassword puts a password into an address that asks for one: that of the
// address before, or a new one.
func withPassword(address, before string) string {
	if !strings.Contains(address, "{password}") {
		return address
	}
	password := rand.Text()
	if u, err := url.Parse(before); err == nil {
		if p, has := u.User.Password(); has {
			password = p
		}
	}
	return strings.ReplaceAll(address, "{password}", url.QueryEscape(password))
}

// join makes one error of those that say different things, in order.
func join(errs []error) error {
	var lines []string
	for _, err := range errs {
		if err != nil {
			lines = append(lines, err.Error())
		}
	}
	if len(lines) == 0 {
		return nil
	}
	slices.Sort(lines)
	return errors.New(strings.Join(slices.Compact(lines), "\n"))
}

// publish adds the public halves of all identity keys to the JWKS.
func publish(objects []Object) error {
	i := slices.IndexFunc(objects, func(o Object) bool { return o.Kind == ConfigMap && o.Name == jwksObject })
	if i < 0 {
		return nil
	}
	set, err := identity.ParseKeySet([]byte(objects[i].Data[jwksKey]))
	if err != nil {
		return fmt.Errorf("ConfigMap %s: %w", jwksObject, err)
	}
	for _, o := range objects {
		issuer, ok := strings.CutPrefix(o.Name, identityPrefix)
		if !ok || o.Kind != Secret {
			continue
		}
		key, err := identity.ParseKey(issuer, []byte(o.Data[identityKey]))
		if err != nil {
			return fmt.Errorf("secret %s: %s: %w", o.Name, identityKey, err)
		}
		set.Add(key)
	}
	doc, err := set.Document()
	if err != nil {
		return err
	}
	objects[i].Data[jwksKey] = string(doc)
	return nil
}

// Existing reads the objects that services refer to, as far as they are there.
func (n Namespace) Existing(ctx context.Context, services []manifest.Service) ([]Object, error) {
	var all []Object
	seen := map[string]bool{}
	for _, s := range services {
		for _, need := range Needs(s) {
			id := need.Kind + "/" + need.Name
			if seen[id] {
				continue
			}
			seen[id] = true
			o, found, err := n.get(ctx, need.Kind, need.Name)
			if err != nil {
				return nil, err
			}
			if found {
				all = append(all, o)
			}
		}
	}
	return all, nil
}

// Result is what became of one object.
type Result struct {
	Kind    string  `json:"kind"`
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
}

// Apply brings the namespace and every object that services refer to into the
// cluster. A second time it changes nothing.
func (n Namespace) Apply(ctx context.Context, services []manifest.Service, s Settings) ([]Result, error) {
	if err := n.Ensure(ctx); err != nil {
		return nil, err
	}
	have, err := n.Existing(ctx, services)
	if err != nil {
		return nil, err
	}
	if s, err = withIssuer(ctx, n.Raw, services, s); err != nil {
		return nil, err
	}
	want, err := Complete(services, s, have)
	if err != nil {
		return nil, err
	}
	// The public keys come last: a key in them that no Secret has is of no use.
	slices.SortStableFunc(want, func(a, b Object) int { return cmp.Compare(b.Kind, a.Kind) })
	var results []Result
	for _, o := range want {
		outcome, err := n.merge(ctx, o, have)
		if err != nil {
			return results, err
		}
		results = append(results, Result{o.Kind, o.Name, outcome})
	}
	return results, nil
}

// merge writes what o adds to the object as it was read. When somebody made
// the object meanwhile, its keys are theirs.
func (n Namespace) merge(ctx context.Context, o Object, have []Object) (Outcome, error) {
	var before Object
	if i := slices.IndexFunc(have, func(h Object) bool { return h.id() == o.id() }); i >= 0 {
		before = have[i]
	}
	return n.update(ctx, o.Kind, o.Name, func(data map[string]string) error {
		for key, value := range o.Data {
			if now, has := data[key]; has && now != before.Data[key] {
				return fmt.Errorf("%s was changed by somebody else; run the command again", key)
			}
			data[key] = value
		}
		return nil
	})
}

// YAML is objects as kubectl takes them.
func YAML(namespace string, objects []Object) ([]byte, error) {
	var out bytes.Buffer
	for _, o := range objects {
		doc, err := yaml.Marshal(o.unstructured(namespace).Object)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", o.Kind, o.Name, err)
		}
		out.WriteString("---\n")
		out.Write(doc)
	}
	return out.Bytes(), nil
}
