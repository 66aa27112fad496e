package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// RedisURLs reads the address of Redis of each function from the cluster.
func (n Namespace) RedisURLs(ctx context.Context) (map[string]string, error) {
	o, found, err := n.get(ctx, Secret, redisSecret)
	if err == nil && !found {
		err = fmt.Errorf("the Secret %s is missing: kn paceline secrets makes it", redisSecret)
	}
	return o.Data, err
}

// RedisURLsIn reads them from objects as YAML writes them.
func RedisURLsIn(text []byte) (map[string]string, error) {
	for doc := range bytes.SplitSeq(text, []byte("\n---\n")) {
		u := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(bytes.TrimPrefix(doc, []byte("---\n")), &u.Object); err != nil {
			return nil, err
		}
		if u.GetKind() == Secret && u.GetName() == redisSecret {
			o, err := objectOf(Secret, u)
			return o.Data, err
		}
	}
	return nil, fmt.Errorf("there is no Secret %s", redisSecret)
}

// Users is the ACL file of Redis: lines is what users may do, without their
// passwords, and addresses has a user and a password for each. It is an error
// when an address speaks of another user than its function, or lines of a
// function without an address: it would be locked out.
func Users(lines string, addresses map[string]string) (string, error) {
	var out strings.Builder
	var faults []error
	left := sortedKeys(addresses)
	for line := range strings.Lines(lines) {
		rest, is := strings.CutPrefix(line, "user ")
		name, rules, _ := strings.Cut(rest, " on ")
		if !is || rules == "" { // the default user, who is off
			out.WriteString(line)
			continue
		}
		hash, err := hashOf(name, addresses[name])
		if err != nil {
			faults = append(faults, err)
		}
		left = slices.DeleteFunc(left, func(n string) bool { return n == name })
		fmt.Fprintf(&out, "user %s on %s %s", name, hash, rules)
	}
	for _, name := range left {
		faults = append(faults, fmt.Errorf("%s has an address of Redis and keeps nothing there", name))
	}
	return out.String(), join(faults)
}

// hashOf is the password of an address as an ACL file has it.
func hashOf(function, address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return "", fmt.Errorf("%s has no address of Redis: kn paceline secrets --redis-url 'rediss://{function}:{password}@…'", function)
	}
	password, has := u.User.Password()
	if !has || password == "" || u.User.Username() != function {
		return "", fmt.Errorf("%s is no user of its own: kn paceline secrets --redis-url 'rediss://{function}:{password}@…'", function)
	}
	sum := sha256.Sum256([]byte(password))
	return "#" + hex.EncodeToString(sum[:]), nil
}

// Admin is a line of an ACL file for whoever looks after Redis.
func Admin(name, password string) (string, error) {
	if name == "" || password == "" || strings.ContainsAny(name, " \t\r\n") {
		return "", errors.New("an admin has a name without spaces and a password")
	}
	sum := sha256.Sum256([]byte(password))
	return fmt.Sprintf("user %s on #%s ~* &* +@all\n", name, hex.EncodeToString(sum[:])), nil
}
