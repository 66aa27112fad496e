package objects

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Access is what of a bucket one function touches, as prefixes that end in a
// slash.
type Access struct {
	Function string
	Reads    []string `json:",omitempty"`
	Writes   []string `json:",omitempty"` // reads, replaces and removes, too
	Creates  []string `json:",omitempty"` // reads, too, and neither replaces nor removes
}

// reads is every prefix of which the function may read and list.
func (a Access) reads() []string { return slices.Concat(a.Reads, a.Writes, a.Creates) }

// checked is the prefix that Check lists; nothing is ever there.
const checked = "check/"

// Confine is s for a function that touches nothing but what a says. What it
// tries beyond is an error before anything is sent; the bucket's own policy
// refuses it to whoever has the function's credentials.
func Confine(s Store, a Access) Store { return &confined{s, a} }

type confined struct {
	Store // for Close
	a     Access
}

func (c *confined) may(verb, key string, prefixes ...[]string) error {
	if slices.ContainsFunc(slices.Concat(prefixes...), func(p string) bool { return strings.HasPrefix(key, p) }) {
		return nil
	}
	if err := ValidatePrefix(key); err != nil {
		return err
	}
	return fmt.Errorf("objects: %s may not %s %s: it is not among its prefixes", c.a.Function, verb, key)
}

func (c *confined) Put(ctx context.Context, key string, body io.Reader, o Options) (Info, error) {
	puts := c.a.Writes
	if o.IfAbsent {
		puts = slices.Concat(puts, c.a.Creates)
	}
	if err := c.may("put", key, puts); err != nil {
		return Info{}, err
	}
	return c.Store.Put(ctx, key, body, o)
}

func (c *confined) Get(ctx context.Context, key string, r Range) (io.ReadCloser, Info, error) {
	if err := c.may("get", key, c.a.reads()); err != nil {
		return nil, Info{}, err
	}
	return c.Store.Get(ctx, key, r)
}

func (c *confined) Head(ctx context.Context, key string) (Info, error) {
	if err := c.may("get", key, c.a.reads()); err != nil {
		return Info{}, err
	}
	return c.Store.Head(ctx, key)
}

func (c *confined) Delete(ctx context.Context, key string) error {
	if err := c.may("delete", key, c.a.Writes); err != nil {
		return err
	}
	return c.Store.Delete(ctx, key)
}

func (c *confined) List(ctx context.Context, prefix, after string, limit int) ([]Entry, error) {
	if err := c.may("list", prefix, c.a.reads(), []string{checked}); err != nil {
		return nil, err
	}
	return c.Store.List(ctx, prefix, after, limit)
}

func (c *confined) Link(ctx context.Context, key string, size int64, within time.Duration) (Link, error) {
	if err := c.may("put", key, c.a.Writes); err != nil {
		return Link{}, err
	}
	return c.Store.Link(ctx, key, size, within)
}
