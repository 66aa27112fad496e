package objects

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Driver opens the stores of one URL scheme. The packages dir, s3 and gcs
// each have one; a program links the SDKs of those that it passes to Open.
type Driver struct {
	Scheme string
	Params []string // the query parameters that it knows
	Open   func(Location) (Store, error)
}

// Location is an OBJECTS_URL, taken apart and checked for form.
type Location struct {
	Bucket string            // the host part, "" for a folder
	Path   string            // with a leading slash, or ""
	Params map[string]string // only those that the Driver knows, none empty
}

// Open opens the store that rawURL names, with one of drivers:
//
//	file:///dir                                  an absolute path
//	s3://bucket/prefix?endpoint=…&region=…       credentials from where AWS SDKs look for them
//	gs://bucket/prefix?endpoint=…                credentials from where Google SDKs look for them
//
// Prefix, endpoint and region are optional, and so is ca_file, see CAFile. Open sends nothing and looks for
// no credentials: that waits for the first call, so that a function that
// starts cold pays for it only when it needs an object. The error names
// OBJECTS_URL and the bad part, and never repeats a secret.
func Open(rawURL string, drivers ...Driver) (Store, error) {
	u, err := parse(rawURL)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(drivers, func(d Driver) bool { return d.Scheme == u.Scheme })
	if i < 0 {
		return nil, fmt.Errorf("OBJECTS_URL: the scheme %q is none of %s", u.Scheme, schemes(drivers))
	}
	params, err := known(u.RawQuery, drivers[i].Params)
	if err != nil {
		return nil, err
	}
	store, err := drivers[i].Open(Location{Bucket: u.Host, Path: u.Path, Params: params})
	if err != nil {
		return nil, fmt.Errorf("OBJECTS_URL: %w", err)
	}
	return store, nil
}

func parse(rawURL string) (*url.URL, error) {
	u, err := url.Parse(rawURL)
	var bad *url.Error
	switch {
	case rawURL == "":
		return nil, errors.New("OBJECTS_URL: it is empty")
	case errors.As(err, &bad):
		return nil, fmt.Errorf("OBJECTS_URL: not a URL: %w", bad.Err) // the whole error repeats the URL
	case err != nil:
		return nil, fmt.Errorf("OBJECTS_URL: not a URL: %w", err)
	case u.User != nil:
		return nil, errors.New("OBJECTS_URL: it must not hold credentials; they come from the environment or a mounted file")
	case u.Fragment != "":
		return nil, fmt.Errorf("OBJECTS_URL: the part after # (%q) means nothing here", u.Fragment)
	case u.Opaque != "":
		return nil, fmt.Errorf("OBJECTS_URL: write %s://…, with two slashes", u.Scheme)
	}
	return u, nil
}

func schemes(drivers []Driver) string {
	var names []string
	for _, d := range drivers {
		names = append(names, d.Scheme)
	}
	return strings.Join(names, ", ")
}

func known(query string, names []string) (map[string]string, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("OBJECTS_URL: the part after the question mark: %w", err)
	}
	params := map[string]string{}
	for name, v := range values {
		switch {
		case !slices.Contains(names, name):
			return nil, fmt.Errorf("OBJECTS_URL: unknown parameter %q", name)
		case len(v) > 1:
			return nil, fmt.Errorf("OBJECTS_URL: the parameter %q is there %d times", name, len(v))
		case v[0] == "":
			return nil, fmt.Errorf("OBJECTS_URL: the parameter %q is empty", name)
		}
		params[name] = v[0]
	}
	return params, nil
}

// Cloud checks what s3:// and gs:// have in common: a bucket, an optional key
// prefix and an optional endpoint.
func (l Location) Cloud() (bucket, prefix string, err error) {
	prefix = strings.Trim(l.Path, "/")
	if l.Bucket == "" {
		return "", "", errors.New("the bucket is missing")
	}
	if strings.Contains(l.Bucket, ":") {
		return "", "", fmt.Errorf("the bucket %q has a port; a server's address is the parameter endpoint", l.Bucket)
	}
	if err := ValidatePrefix(prefix); err != nil {
		return "", "", fmt.Errorf("the prefix: %w", err)
	}
	if e, ok := l.Params["endpoint"]; ok {
		u, err := url.Parse(e)
		if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
			return "", "", errors.New("the endpoint is not of the form https://host:port")
		}
	}
	return l.Bucket, prefix, nil
}
