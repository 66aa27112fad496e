package broker

import (
	"bytes"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"paceline/shared/broker/manifest"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	cases := map[string]struct {
		p    policy
		n    int
		want time.Duration
	}{
		"the first exponential wait is the delay": {policy{delay: 200 * ms}, 0, 200 * ms},
		"the fourteenth is 2^13 delays":           {policy{delay: 200 * ms}, 13, 8192 * 200 * ms},
		"the first linear wait is none":           {policy{delay: 200 * ms, linear: true}, 0, 0},
		"the third linear wait is two delays":     {policy{delay: 200 * ms, linear: true}, 2, 400 * ms},
		"no delay is no wait":                     {policy{}, 30, 0},
		"a large exponent is bounded":             {policy{delay: time.Hour}, 39, longestWait},
		"a huge exponent is bounded":              {policy{delay: ms}, 1000, longestWait},
		"a large linear wait is bounded":          {policy{delay: 10000 * time.Hour, linear: true}, 1 << 40, longestWait},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.p.backoff(c.n); got != c.want {
				t.Errorf("wait is %v, want %v", got, c.want)
			}
		})
	}
}

func TestDeliveryDefaults(t *testing.T) {
	t.Parallel()
	p := newPolicy(nil)
	var total time.Duration
	for n := range p.retry {
		total += p.backoff(n)
	}
	if p.retry != 10 || total != 204600*time.Millisecond {
		t.Errorf("without a delivery it is tried %d times for %v; Knative's default is 10 and 204.6s", p.retry, total)
	}
	if p := newPolicy(&manifest.Delivery{}); p.retry != 0 || p.timeout != attemptBound || p.retryAfterMax != retryAfterBound {
		t.Errorf("an empty delivery is %+v", p)
	}
}

func TestRetryAfterHeader(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "": 0, "-3": 0, "x": 0, "99999999999": longestWait,
		"Fri, 01 May 2026 10:00:30 GMT": 30 * time.Second, "Fri, 01 May 2026 09:00:30 GMT": 0,
	} {
		if got := retryAfter(503, header, now); got != want {
			t.Errorf("%q is %v, want %v", header, got, want)
		}
	}
}

func TestDeadLettersAreTriedForEver(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[int]time.Duration{1: deadLetterFirst, 2: 2 * deadLetterFirst, 20: deadLetterLongest, 100000: deadLetterLongest} {
		if got := deadLetterWait(attempt); got != want {
			t.Errorf("wait %d is %v, want %v", attempt, got, want)
		}
	}
}

func TestARecordKeepsTheEvent(t *testing.T) {
	t.Parallel()
	e := event.New()
	e.SetID("1")
	e.SetSource("/s?a=b c")
	e.SetType("type with ü, \"quotes\" and 100 %")
	e.SetTime(time.Date(2026, 5, 1, 10, 0, 0, 123456789, time.UTC))
	e.SetDataSchema("https://x/y")
	e.SetDataContentType("application/json")
	e.SetExtension("number", int32(5))
	e.SetExtension("flag", true)
	e.DataEncoded = []byte("{not json\x00\xff")
	data, err := encodeRecord(&e)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeRecord(data)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID() != e.ID() || got.Source() != e.Source() || got.Type() != e.Type() || !got.Time().Equal(e.Time()) || got.DataSchema() != e.DataSchema() ||
		got.DataContentType() != e.DataContentType() || got.Extensions()["number"] != "5" || got.Extensions()["flag"] != "true" || !bytes.Equal(got.Data(), e.Data()) {
		t.Errorf("got %v", got)
	}
	for n := range data[:len(data)-len(e.Data())] {
		if _, err := decodeRecord(data[:n]); err == nil {
			t.Errorf("a record of %d bytes is an event", n)
		}
	}
}
