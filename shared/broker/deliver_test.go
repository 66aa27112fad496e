package broker

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestADeliveryCarriesTheEvent(t *testing.T) {
	t.Parallel()
	sub := newSubscriber(t, nil)
	r := newRig(t, brokerYAML+service("sub")+trigger("t", "a.b", "{}"), sub, nil)
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	if code := r.send("1", "a.b", "traceparent", parent, "partitionkey", "u1", "subject", "w1"); code != 202 {
		t.Fatal(code)
	}
	if code := r.send("2", "not.wanted"); code != 202 {
		t.Fatal(code)
	}
	r.idle()
	got := sub.deliveries("/events/t")
	if len(got) != 1 {
		t.Fatalf("%d deliveries", len(got))
	}
	d := got[0]
	for name, want := range map[string]string{
		"Ce-Id": "1", "Ce-Type": "a.b", "Ce-Source": "/functions/test", "Ce-Subject": "w1", "Ce-Partitionkey": "u1",
		"Ce-Traceparent": parent, "Traceparent": parent, "Authorization": "Bearer token-for-sub", "Prefer": "reply",
		"Content-Type": "application/json", "Ce-Knativebrokerttl": "",
	} {
		if v := d.header.Get(name); v != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
	if _, err := time.Parse(time.RFC3339Nano, d.header.Get("Ce-Knativearrivaltime")); err != nil {
		t.Error(err)
	}
	if string(d.event.Data()) != `{"n":1}` {
		t.Errorf("data is %s", d.event.Data())
	}
}

func TestWhatASubscriberAnswersDecides(t *testing.T) {
	t.Parallel()
	const retry2 = "{retry: 2, backoffPolicy: linear, backoffDelay: PT0.001S, " + toDead + "}"
	cases := map[string]struct {
		code  int
		body  string
		tries int
		dead  bool
		gives string // knativeerrorcode
	}{
		"200 without a body is done":       {200, "", 1, false, ""},
		"204 is done":                      {204, "", 1, false, ""},
		"200 with a text is a failure":     {200, "fine", 3, true, "502"},
		"302 is not followed and is dead":  {302, "", 1, true, "302"},
		"400 is dead at once":              {400, "bad", 1, true, "400"},
		"401 is dead at once":              {401, "", 1, true, "401"},
		"403 is dead at once":              {403, "", 1, true, "403"},
		"404 is tried again":               {404, "", 3, true, "404"},
		"408 is tried again":               {408, "", 3, true, "408"},
		"409 is tried again":               {409, "", 3, true, "409"},
		"410 is dead at once":              {410, "", 1, true, "410"},
		"422 is dead at once":              {422, "no", 1, true, "422"},
		"429 is tried again":               {429, "", 3, true, "429"},
		"500 is tried again":               {500, strings.Repeat("x", 5000), 3, true, "500"},
		"503 is tried again":               {503, "", 3, true, "503"},
		"a broken connection is tried too": {-1, "", 3, true, "500"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sub := newSubscriber(t, func(w http.ResponseWriter, _ int, r received) {
				switch {
				case strings.HasPrefix(r.path, "/letters"):
					w.WriteHeader(202)
				case c.code < 0:
					panic(http.ErrAbortHandler)
				default:
					w.Header().Set("Location", "/letters/elsewhere")
					w.WriteHeader(c.code)
					_, _ = w.Write([]byte(c.body))
				}
			})
			r := newRig(t, brokerYAML+service("sub")+service("dead")+trigger("t", "a", retry2), sub, nil)
			r.send("1", "a")
			r.idle()
			if n := len(sub.deliveries("/events/t")); n != c.tries {
				t.Errorf("%d attempts, want %d", n, c.tries)
			}
			letters := sub.deliveries("/letters")
			if (len(letters) == 1) != c.dead || len(letters) > 1 {
				t.Fatalf("%d dead letters", len(letters))
			}
			if !c.dead {
				return
			}
			h := letters[0].header
			if h.Get("Ce-Knativeerrorcode") != c.gives || h.Get("Ce-Knativeerrordest") != sub.URL+"/events/t" || h.Get("Ce-Id") != "1" {
				t.Errorf("dead letter says %v", h)
			}
			if data := h.Get("Ce-Knativeerrordata"); len(data) > 1024 {
				t.Errorf("%d bytes of error data", len(data))
			} else if text, err := base64.StdEncoding.DecodeString(data); err != nil || c.code > 299 && !strings.HasPrefix(c.body, string(text)) {
				t.Errorf("error data is %q, %v", text, err)
			}
			if string(letters[0].event.Data()) != `{"n":1}` {
				t.Errorf("data is %s", letters[0].event.Data())
			}
		})
	}
}

func TestRetriesWaitAsTheDeliverySays(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		delivery string
		header   string
		code     int
		waits    []time.Duration // at least
	}{
		"exponential":                          {"{retry: 3, backoffPolicy: exponential, backoffDelay: PT0.05S}", "", 500, []time.Duration{50, 100, 200}},
		"linear":                               {"{retry: 3, backoffPolicy: linear, backoffDelay: PT0.05S}", "", 500, []time.Duration{0, 50, 100}},
		"Retry-After is longer":                {"{retry: 1, backoffDelay: PT0.01S}", "1", 503, []time.Duration{1000}},
		"Retry-After is bounded":               {"{retry: 1, backoffDelay: PT0.01S, retryAfterMax: PT0.2S}", "3600", 429, []time.Duration{200}},
		"Retry-After is not heeded at 0":       {"{retry: 1, backoffDelay: PT0.01S, retryAfterMax: PT0S}", "3600", 429, []time.Duration{10}},
		"Retry-After of a 500 is not heeded":   {"{retry: 1, backoffDelay: PT0.01S}", "3600", 500, []time.Duration{10}},
		"the backoff holds when it is longer":  {"{retry: 1, backoffDelay: PT0.3S}", "0", 503, []time.Duration{300}},
		"a hanging subscriber is given up":     {"{retry: 1, backoffDelay: PT0.01S, timeout: PT0.1S}", "", 0, []time.Duration{100}},
		"no retry means one attempt":           {"{backoffDelay: PT0.01S}", "", 500, nil},
		"the broker's own delivery falls in":   {"", "", 500, []time.Duration{20}},
		"a negative Retry-After is no harm":    {"{retry: 1, backoffDelay: PT0.01S}", "-5", 503, []time.Duration{10}},
		"an unreadable Retry-After is no harm": {"{retry: 1, backoffDelay: PT0.01S}", "soon", 503, []time.Duration{10}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			release := make(chan struct{})
			defer close(release)
			sub := newSubscriber(t, func(w http.ResponseWriter, _ int, r received) {
				if c.code == 0 {
					<-release
					return
				}
				w.Header().Set("Retry-After", c.header)
				w.WriteHeader(c.code)
			})
			yaml := brokerYAML + "spec: {delivery: {retry: 1, backoffDelay: PT0.02S}}\n" + service("sub") + trigger("t", "a", c.delivery)
			r := newRig(t, yaml, sub, nil)
			r.send("1", "a")
			r.idle()
			got := sub.deliveries("/events/t")
			if len(got) != len(c.waits)+1 {
				t.Fatalf("%d attempts, want %d", len(got), len(c.waits)+1)
			}
			for i, want := range c.waits {
				want *= time.Millisecond
				if wait := got[i+1].at.Sub(got[i].at); wait < want || wait > want+3*time.Second {
					t.Errorf("wait %d is %v, want %v", i, wait, want)
				}
			}
		})
	}
}

func TestAPoisonedEventDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	sub := newSubscriber(t, func(w http.ResponseWriter, _ int, r received) {
		if strings.HasPrefix(r.event.ID(), "poison") && r.path != "/letters" {
			w.WriteHeader(503)
			return
		}
		w.WriteHeader(202)
	})
	const delivery = "{retry: 3, backoffPolicy: linear, backoffDelay: PT0.5S, " + toDead + "}"
	r := newRig(t, brokerYAML+service("sub")+service("dead")+trigger("t", "a", delivery), sub, func(c *Config) { c.Parallel = 2 })
	for i := range 20 {
		r.send(fmt.Sprint("poison", i), "a")
	}
	began := time.Now()
	for i := range 100 {
		r.send(fmt.Sprint("good", i), "a")
	}
	until(t, "the good ones are through", func() bool { return r.broker.Stats()["default/t"].Delivered == 100 })
	t.Logf("100 good events behind 20 poisoned ones: %v", time.Since(began))
	if n := len(sub.deliveries("/letters")); n != 0 {
		t.Errorf("%d dead letters before the good ones were through", n)
	}
	r.idle()
	if s := r.broker.Stats()["default/t"]; s.DeadLettered != 20 || s.Retried != 60 || r.broker.DeadLettersTaken() != 20 {
		t.Errorf("stats are %+v", s)
	}
}

func TestADeadLetterWaitsForItsSink(t *testing.T) {
	t.Parallel()
	sub := newSubscriber(t, func(w http.ResponseWriter, n int, r received) {
		switch {
		case r.path != "/letters":
			w.WriteHeader(422)
		case n < 4:
			w.WriteHeader(400) // even what is final for others
		default:
			w.WriteHeader(200)
		}
	})
	r := newRig(t, brokerYAML+"spec: {delivery: {"+toDead+"}}\n"+service("sub")+service("dead")+trigger("t", "a", "{retry: 5}"), sub, nil)
	r.send("1", "a")
	until(t, "the sink refused once", func() bool { return len(sub.deliveries("/letters")) > 0 })
	r.close()
	r.start()
	r.idle()
	if n := len(sub.deliveries("/events")); n != 1 {
		t.Errorf("%d attempts", n)
	}
	if n := len(sub.deliveries("/letters")); n < 3 {
		t.Errorf("%d attempts at the sink", n)
	}
}

func TestARepliedEventGoesIntoTheBroker(t *testing.T) {
	t.Parallel()
	sub := newSubscriber(t, func(w http.ResponseWriter, _ int, r received) {
		if r.event.Type() == "question" {
			w.Header().Set("Ce-Specversion", "1.0")
			w.Header().Set("Ce-Id", "answer to "+r.event.ID())
			w.Header().Set("Ce-Source", "/functions/sub")
			w.Header().Set("Ce-Type", "answer")
			w.WriteHeader(200)
		}
	})
	r := newRig(t, brokerYAML+service("sub")+trigger("q", "question", "{}")+trigger("a", "answer", "{}"), sub, nil)
	r.send("1", "question")
	r.idle()
	got := sub.deliveries("/events/a")
	if len(got) != 1 || got[0].event.ID() != "answer to 1" {
		t.Errorf("%d answers", len(got))
	}
}

func TestHopsEndALoopOfReplies(t *testing.T) {
	t.Parallel()
	sub := newSubscriber(t, func(w http.ResponseWriter, n int, r received) {
		if r.path == "/letters" {
			return
		}
		h := w.Header()
		h.Set("Ce-Specversion", "1.0")
		h.Set("Ce-Id", fmt.Sprint("reply ", n))
		h.Set("Ce-Source", "/functions/sub")
		h.Set("Ce-Type", "a")
		w.WriteHeader(200)
	})
	r := newRig(t, brokerYAML+service("sub")+service("dead")+trigger("t", "a", "{retry: 3, "+toDead+"}"), sub, nil)
	r.send("1", "a", hopsAttribute, "6")
	r.idle()
	if n := len(sub.deliveries("/events")); n != 5 {
		t.Errorf("%d deliveries from 6 hops, want 5", n)
	}
	letters := sub.deliveries("/letters")
	if len(letters) != 1 || letters[0].header.Get("Ce-Knativeerrorcode") != "400" {
		t.Errorf("dead letters are %+v", letters)
	}
}
