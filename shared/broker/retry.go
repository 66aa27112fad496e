package broker

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"paceline/shared/broker/manifest"
)

// policy is how hard a route tries: a Delivery with its defaults.
type policy struct {
	retry         int
	linear        bool
	delay         time.Duration
	timeout       time.Duration
	retryAfterMax time.Duration
}

// longestWait keeps an exponential wait from running over.
const longestWait = 24 * time.Hour

// newPolicy completes d; without one, Knative's default broker configuration
// holds: 10 retries, exponential from 0.2 s.
func newPolicy(d *manifest.Delivery) policy {
	p := policy{timeout: attemptBound, retryAfterMax: retryAfterBound}
	if d == nil {
		p.retry, p.delay = 10, 200*time.Millisecond
		return p
	}
	if d.Retry != nil {
		p.retry = *d.Retry
	}
	p.linear = d.BackoffPolicy == "linear"
	p.delay = 200 * time.Millisecond
	if d.BackoffDelay != nil {
		p.delay = time.Duration(*d.BackoffDelay)
	}
	if d.Timeout != nil {
		p.timeout = time.Duration(*d.Timeout)
	}
	if d.RetryAfterMax != nil {
		p.retryAfterMax = time.Duration(*d.RetryAfterMax)
	}
	return p
}

// backoff is the wait before retry n, counted from 0 as Knative counts it
// (kncloudevents.RetryConfigFromDeliverySpec): exponential delay·2ⁿ, linear
// delay·n, so that the first linear retry follows at once.
func (p policy) backoff(n int) time.Duration {
	if p.linear {
		if n > 0 && p.delay > longestWait/time.Duration(n) {
			return longestWait
		}
		return p.delay * time.Duration(n)
	}
	if n > 40 {
		return longestWait
	}
	d := p.delay << n
	if d>>n != p.delay || d > longestWait {
		return longestWait
	}
	return d
}

// next decides after a failed attempt, the first being 1: whether to try again
// and how long to wait.
func (p policy) next(attempt int, a answer) (wait time.Duration, again bool) {
	if !retryable(a.code) || attempt > p.retry {
		return 0, false
	}
	return max(p.backoff(attempt-1), min(a.retryAfter, p.retryAfterMax)), true
}

// retryable tells the codes after which Knative tries again; 0 is no answer.
func retryable(code int) bool {
	switch code {
	case 0, http.StatusNotFound, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	}
	return code >= 500
}

// retryAfter reads the header of a 429 or 503, in seconds or as a date.
func retryAfter(code int, header string, now time.Time) time.Duration {
	if code != http.StatusTooManyRequests && code != http.StatusServiceUnavailable {
		return 0
	}
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(seconds, 0), int(longestWait/time.Second))) * time.Second
	}
	t, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return max(t.Sub(now), 0)
}

// deadLetterWait is the wait before a dead letter is sent again; it never ends.
func deadLetterWait(attempt int) time.Duration {
	p := policy{delay: deadLetterFirst}
	return cmp.Or(min(p.backoff(attempt-1), deadLetterLongest), deadLetterFirst)
}

const (
	deadLetterFirst   = 500 * time.Millisecond
	deadLetterLongest = time.Minute
)
