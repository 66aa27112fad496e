package objectstest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/shared/objects"
)

// FaultSuite proves what package objects promises of servers that fail. start
// starts a server; open opens its store with the patience given, the time that
// a call without content may take.
func FaultSuite(t *testing.T, start func(testing.TB) Server, open func(testing.TB, Server, time.Duration) objects.Store) {
	tests := []struct {
		name string
		run  func(*testing.T, *Proxy, objects.Store)
	}{
		{"a creator whose answer got lost has won", lostAnswer},
		{"a creator whose answer got lost does not win over another", lostAnswerToLoser},
		{"a short outage is waited for", shortOutage},
		{"a long outage is unavailable", longOutage},
		{"a corrupted download is never taken for whole", corruptedDownload},
		{"a server that does not answer is given up", stalledServer},
		{"a server that is not there is unavailable", absentServer},
		{"a download that stands still is given up", stalledDownload},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := NewProxy(t, start(t))
			test.run(t, p, open(t, p.Server, patience))
		})
	}
}

const patience = 3 * time.Second

func lostAnswer(t *testing.T, p *Proxy, s objects.Store) {
	p.Fail(1, LostAnswer)
	if _, err := s.Put(t.Context(), "k", strings.NewReader("ours"), objects.Options{IfAbsent: true}); err != nil {
		t.Fatalf("the object is there and is ours, but: %v", err)
	}
	if p.Hurt() != 1 {
		t.Errorf("%d answers got lost", p.Hurt())
	}
	holds(t, s, "k", []byte("ours"))
}

func lostAnswerToLoser(t *testing.T, p *Proxy, s objects.Store) {
	put(t, s, "k", []byte("the same"))
	p.Fail(1, LostAnswer)
	_, err := s.Put(t.Context(), "k", strings.NewReader("the same"), objects.Options{IfAbsent: true})
	fails(t, err, objects.ErrExists)
}

// calls are all methods of s on the object k that holds "x".
func calls(t *testing.T, s objects.Store) map[string]func() error {
	return map[string]func() error{
		"put": func() error {
			_, err := s.Put(t.Context(), "k", stream{strings.NewReader("x")}, objects.Options{})
			return err
		},
		"get": func() error {
			_, _, err := objects.ReadAll(t.Context(), s, "k", 10)
			return err
		},
		"head": func() error {
			_, err := s.Head(t.Context(), "k")
			return err
		},
		"list": func() error {
			_, err := s.List(t.Context(), "", "", 0)
			return err
		},
		"delete": func() error { return s.Delete(t.Context(), "other") },
	}
}

func shortOutage(t *testing.T, p *Proxy, s objects.Store) {
	put(t, s, "k", []byte("x"))
	for name, call := range calls(t, s) {
		p.Fail(1, Refused)
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if p.Hurt() != 1 {
			t.Errorf("%s met %d refusals", name, p.Hurt())
		}
	}
}

// allUnavailable makes all calls at once: each must be given up in time.
func allUnavailable(t *testing.T, s objects.Store) {
	t.Helper()
	var done sync.WaitGroup
	for name, call := range calls(t, s) {
		done.Go(func() {
			begin := time.Now()
			err := call()
			if !errors.Is(err, objects.ErrUnavailable) {
				t.Errorf("%s: got error %v, want %q", name, err, objects.ErrUnavailable)
			}
			if took := time.Since(begin); took > 2*patience {
				t.Errorf("%s took %s", name, took)
			}
		})
	}
	done.Wait()
}

func longOutage(t *testing.T, p *Proxy, s objects.Store) {
	put(t, s, "k", []byte("x"))
	p.Fail(-1, Refused)
	allUnavailable(t, s)
	if p.Hurt() > 60 {
		t.Errorf("five calls asked %d times", p.Hurt())
	}
	p.Fail(0, Refused)
	holds(t, s, "k", []byte("x"))
}

func stalledServer(t *testing.T, p *Proxy, s objects.Store) {
	put(t, s, "k", []byte("x"))
	p.Fail(-1, Stalled)
	allUnavailable(t, s)
}

func absentServer(t *testing.T, p *Proxy, s objects.Store) {
	p.front.Close()
	allUnavailable(t, s)
}

func corruptedDownload(t *testing.T, p *Proxy, s objects.Store) {
	content := random(5, 300_000)
	put(t, s, "k", content)
	for _, fault := range []Fault{Corrupted, CutShort} {
		p.Fail(-1, fault)
		body, _, err := s.Get(t.Context(), "k", objects.Range{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		switch {
		case err == nil && bytes.Equal(got, content): // an adapter may ask for the rest again
		case !errors.Is(err, objects.ErrCorrupt) && !errors.Is(err, objects.ErrUnavailable):
			t.Errorf("fault %d: %d bytes, %v", fault, len(got), err)
		case len(got) >= len(content):
			t.Errorf("fault %d: all bytes came through, and then %v", fault, err)
		}
		if err := body.Close(); err != nil {
			t.Logf("close: %v", err)
		}
	}
}

func stalledDownload(t *testing.T, p *Proxy, s objects.Store) {
	put(t, s, "k", random(6, 300_000))
	p.Fail(-1, StallsHalf)
	begin := time.Now()
	_, _, err := objects.ReadAll(t.Context(), s, "k", 1<<20)
	fails(t, err, objects.ErrUnavailable)
	if took := time.Since(begin); took > 3*patience {
		t.Errorf("it took %s", took)
	}
}
