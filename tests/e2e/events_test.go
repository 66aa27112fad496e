//go:build e2e

package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/eventing"
	"paceline/shared/function/identity"
)

// brokerAudience is whom a token for the broker is for.
const brokerAudience = "eventing.knative.dev/broker/paceline/default"

// signer signs as a function does.
func (s *suite) signer(t testing.TB, function string) *identity.Signer {
	t.Helper()
	encoded := s.kubectl(t, "get", "secret", "paceline-identity-"+function, "-o", `jsonpath={.data.key\.pem}`)
	pem, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := identity.NewSigner(function, pem, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// token is one of the cluster's, as a pod of account has it.
func (s *suite) token(t testing.TB, account, audience string) string {
	t.Helper()
	return strings.TrimSpace(s.kubectl(t, "create", "token", account, "--audience", audience))
}

// post hands e to an address with a token, and returns the status.
func post(t testing.TB, to, token string, e events.Envelope, sign func(events.Envelope) (string, error)) int {
	t.Helper()
	sink := eventing.Sink{URL: to, Sign: sign, Token: func() (string, error) { return token, nil }}
	req, err := sink.Request(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	if token == "" {
		req.Header.Del("Authorization")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// brokerURL is the broker's address from this machine, which reaches addresses
// inside the cluster but does not know its names.
func (s *suite) brokerURL(t testing.TB) string {
	t.Helper()
	ip := s.must(t, "kubectl", "-n", "knative-eventing", "get", "service", "broker-ingress", "-o", "jsonpath={.spec.clusterIP}")
	return "http://" + ip + "/paceline/default"
}

// poison is an event whose data is not what its type says.
func poison(id string) events.Envelope {
	return events.Envelope{
		SpecVersion: "1.0", ID: id, Source: "/functions/upload", Type: events.TypeWorkoutUploaded, Subject: "01POISON",
		Time: monday, DataContentType: "application/json", Data: json.RawMessage(`{"workout_id": 42}`),
	}
}

// letters are the dead letters, as an operator sees them.
func (s *suite) letters(t testing.TB, root *person) map[string]letter {
	t.Helper()
	var list struct{ Items []letter }
	root.want(t, 200, "GET", "/v1/admin/deadletters?limit=100", nil, &list)
	byEvent := map[string]letter{}
	for _, l := range list.Items {
		byEvent[l.EventID] = l
	}
	return byEvent
}

type letter struct {
	ID, State string
	EventID   string `json:"event_id"`
	Status    int
	Replays   int
}

// deadLetters is a poison event, which is shown and replayed.
func (s *suite) deadLetters(t testing.TB) {
	root := &person{s: s, email: "root@example.com"}
	root.signIn(t)
	upload := s.signer(t, "upload")
	if status := post(t, s.brokerURL(t), s.token(t, "upload", brokerAudience), poison("poison-1"), upload.EventToken); status != 202 {
		t.Fatalf("the broker answers %d", status)
	}
	s.soon(t, "the dead letter", func() bool { return s.letters(t, root)["poison-1"].ID != "" })
	l := s.letters(t, root)["poison-1"]
	if l.Status != 422 || l.State != "kept" {
		t.Errorf("letter %+v", l)
	}
	root.want(t, 202, "POST", "/v1/admin/deadletters/"+l.ID+"/replay", nil, nil)
	s.soon(t, "the letter again", func() bool {
		again := s.letters(t, root)["poison-1"]
		return again.Replays == 1 && again.State == "kept"
	})
}

// forged are events that the broker or, behind it, the function refuses.
func (s *suite) forged(t testing.TB) {
	root := &person{s: s, email: "root@example.com"}
	upload, social := s.signer(t, "upload"), s.signer(t, "social")
	broker := s.brokerURL(t)
	good := s.token(t, "upload", brokerAudience)
	for name, c := range map[string]struct {
		token string
		event events.Envelope
		want  int
	}{
		"no token":                               {"", poison("forged-1"), 401},
		"a token for another audience":           {s.token(t, "upload", "stats"), poison("forged-2"), 401},
		"a function that does not send the type": {s.token(t, "social", brokerAudience), poison("forged-3"), 403},
		"a function that sends nothing":          {s.token(t, "gateway", brokerAudience), poison("forged-4"), 403},
	} {
		if status := post(t, broker, c.token, c.event, upload.EventToken); status != c.want {
			t.Errorf("broker, %s: %d, want %d", name, status, c.want)
		}
	}
	// What the broker takes is refused by the function when its sender did not sign it.
	if status := post(t, broker, good, poison("forged-5"), social.EventToken); status != 202 {
		t.Errorf("broker: %d", status)
	}
	if status := post(t, broker, good, poison("poison-2"), upload.EventToken); status != 202 {
		t.Errorf("broker: %d", status)
	}
	root.signIn(t)
	s.soon(t, "the dead letter of a signed event", func() bool { return s.letters(t, root)["poison-2"].ID != "" })
	if l, kept := s.letters(t, root)["forged-5"]; kept {
		t.Errorf("the forged event is kept: %+v", l)
	}
	// A function itself takes no call from another one, and no event that is not signed.
	pod := s.podOf(t, "stats")
	for name, c := range map[string]struct {
		token string
		sign  func(events.Envelope) (string, error)
		want  int
	}{
		"a token of another function": {s.token(t, "upload", "stats"), upload.EventToken, 403},
		"a token for another one":     {s.token(t, "upload", "feed"), upload.EventToken, 401},
		"no token and no signature":   {"", func(events.Envelope) (string, error) { return "", nil }, 401},
	} {
		if status := post(t, "http://"+pod+":8012/events", c.token, poison("forged-6"), c.sign); status != c.want {
			t.Errorf("stats, %s: %d, want %d", name, status, c.want)
		}
	}
}

// podOf wakes a function and returns the address of a pod of its.
func (s *suite) podOf(t testing.TB, name string) (ip string) {
	t.Helper()
	wake := map[string]string{"stats": "/v1/workouts", "gateway": "/"}[name]
	someone := &person{s: s, email: "anna@example.com"}
	someone.signIn(t)
	s.soon(t, "a pod of "+name, func() bool {
		_ = someone.text(t, wake)
		for _, p := range s.running(t) {
			if p.Metadata.Labels["serving.knative.dev/service"] == name && p.ready().Status == "True" {
				ip = p.Status.PodIP
			}
		}
		return ip != ""
	})
	return ip
}
