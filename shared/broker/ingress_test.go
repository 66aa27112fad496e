package broker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestIngressCodes(t *testing.T) {
	t.Parallel()
	event := func(change ...string) http.Header {
		h := http.Header{"Ce-Specversion": {"1.0"}, "Ce-Id": {"1"}, "Ce-Source": {"/s"}, "Ce-Type": {"a"}, "Content-Type": {"application/json"}, "Authorization": {"ok"}}
		for i := 0; i < len(change); i += 2 {
			if h.Del(change[i]); change[i+1] != "" {
				h[http.CanonicalHeaderKey(change[i])] = strings.Split(change[i+1], "|")
			}
		}
		return h
	}
	structured := http.Header{"Content-Type": {"application/cloudevents+json"}, "Authorization": {"ok"}}
	batch := http.Header{"Content-Type": {"application/cloudevents-batch+json"}, "Authorization": {"ok"}}
	const good = `{"specversion":"1.0","id":"s1","source":"/s","type":"a"`
	cases := map[string]struct {
		path   string
		header http.Header
		body   string
		want   int
	}{
		"a binary event is taken":                  {"/default/default", event(), "{}", 202},
		"the same event is taken again":            {"/default/default", event(), "{}", 202},
		"an event without data is taken":           {"/default/default", event("Content-Type", "", "Ce-Id", "2"), "", 202},
		"data that is not what it says is taken":   {"/default/default", event("Ce-Id", "3"), "{broken", 202},
		"a structured event is taken":              {"/default/default", structured, good + `,"data":{"a":1},"ext":"x"}`, 202},
		"64 KiB are taken":                         {"/default/default", event("Ce-Id", "4"), strings.Repeat(" ", 64<<10), 202},
		"an event without id is refused":           {"/default/default", event("Ce-Id", ""), "{}", 400},
		"an event without source is refused":       {"/default/default", event("Ce-Source", ""), "{}", 400},
		"an event without type is refused":         {"/default/default", event("Ce-Type", ""), "{}", 400},
		"an unknown version is refused":            {"/default/default", event("Ce-Specversion", "2.0"), "{}", 400},
		"no event is refused":                      {"/default/default", event("Ce-Specversion", ""), "{}", 400},
		"an attribute given twice is refused":      {"/default/default", event("Ce-Id", "a|b"), "{}", 400},
		"a wrong time is refused":                  {"/default/default", event("Ce-Time", "yesterday"), "{}", 400},
		"a batch is refused":                       {"/default/default", batch, "[" + good + "}]", 400},
		"a broken structured event is refused":     {"/default/default", structured, good, 400},
		"a control character is refused":           {"/default/default", structured, good + `,"subject":"a\nb"}`, 400},
		"an event without hops is refused":         {"/default/default", event("Ce-Knativebrokerttl", "1"), "{}", 400},
		"too long with its length is refused":      {"/default/default", event(), strings.Repeat(" ", 200<<10), 413},
		"too long in structured form is refused":   {"/default/default", structured, good + `,"data":"` + strings.Repeat("x", 200<<10) + `"}`, 413},
		"another broker is not found":              {"/default/other", event(), "{}", 404},
		"another namespace is not found":           {"/x/default", event(), "{}", 404},
		"no path is not found":                     {"/", event(), "{}", 404},
		"a sender without a token is refused":      {"/default/default", event("Authorization", ""), "{}", 401},
		"a sender nobody can check now comes back": {"/default/default", event("Authorization", "later"), "{}", 503},
	}
	sub := newSubscriber(t, nil)
	r := newRig(t, brokerYAML+service("sub")+trigger("t", "a", "{}"), sub, func(c *Config) {
		c.MaxEvent = 128 << 10
		c.Authorize = func(r *http.Request) error {
			switch r.Header.Get("Authorization") {
			case "ok":
				return nil
			case "later":
				return fmt.Errorf("no keys: %w", ErrTryLater)
			}
			return errors.New("no")
		}
	})
	t.Run("codes", func(t *testing.T) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if code, _ := r.post(c.path, c.header.Clone(), c.body); code != c.want {
					t.Errorf("code is %d, want %d", code, c.want)
				}
			})
		}
	})
	r.idle()
	if n := len(sub.deliveries("")); n != 5 {
		t.Errorf("%d deliveries, want 5: a repeated event goes out once", n)
	}
}

func TestIngressMethods(t *testing.T) {
	t.Parallel()
	r := newRig(t, brokerYAML, newSubscriber(t, nil), nil)
	for method, want := range map[string]int{"GET": 405, "PUT": 405, "DELETE": 405, "HEAD": 405, "OPTIONS": 200} {
		req, err := http.NewRequest(method, r.ingress.URL+"/default/default", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want || resp.Header.Get("Allow") != "POST, OPTIONS" {
			t.Errorf("%s: %d %v", method, resp.StatusCode, resp.Header)
		}
	}
	if code := r.send("1", "nobody.wants.it"); code != 202 {
		t.Errorf("code is %d", code)
	}
	if n, err := r.broker.Pending(context.Background()); n != 0 || err != nil {
		t.Errorf("an event that nobody wants waits: %d %v", n, err)
	}
}

func TestAFullStoreAsksToComeAgain(t *testing.T) {
	t.Parallel()
	sub := newSubscriber(t, func(w http.ResponseWriter, _ int, _ received) { w.WriteHeader(503) })
	r := newRig(t, brokerYAML+service("sub")+trigger("t", "a", "{retry: 100, backoffPolicy: linear, backoffDelay: PT60S}"), sub,
		func(c *Config) { c.MaxStore = 64 << 10 })
	refused := 0
	for i := range 200 {
		if code := r.send(fmt.Sprint(i), "a", "padding", strings.Repeat("x", 1000)); code == 503 {
			refused++
		} else if code != 202 {
			t.Fatal(code)
		}
	}
	if n, err := r.broker.Pending(context.Background()); err != nil || n != 200-refused || refused == 0 {
		t.Errorf("%d wait, %d refused, %v", n, refused, err)
	}
}

func TestAReplayedDeadLetterIsAnotherEvent(t *testing.T) {
	t.Parallel()
	sub := newSubscriber(t, nil)
	r := newRig(t, brokerYAML+service("sub")+trigger("t", "a", "{}"), sub, nil)
	for _, replay := range [][]string{nil, nil, {"replay", "1"}, {"replay", "1"}, {"replay", "2"}} {
		r.send("1", "a", replay...)
		r.idle()
	}
	if n := len(sub.deliveries("")); n != 3 {
		t.Errorf("%d deliveries, want 3", n)
	}
}
