package function_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"paceline/events"
	"paceline/shared/function/eventing"
	"paceline/shared/function/functiontest"
)

// post sends a workout.deleted of upload as the broker would, signed by sign.
func post(t *testing.T, rig *functiontest.Rig, p events.Payload, source, authorization string, sign func(events.Envelope) (string, error)) (int, string) {
	t.Helper()
	e, err := events.New(events.WithCause(t.Context(), events.Cause{ID: "c"}), "upload", p, rig.Now())
	if err != nil {
		t.Fatal(err)
	}
	if source != "" {
		e.Source = source
	}
	sink := eventing.Sink{URL: rig.Base + "/events", Token: func() (string, error) { return "", nil }, Sign: sign}
	req, err := sink.Request(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Del("Authorization")
	if authorization != "" {
		req.Header.Set("Authorization", "Bearer "+authorization)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var problem struct{ Code string }
	_ = json.NewDecoder(resp.Body).Decode(&problem) // a 202 has no body
	return resp.StatusCode, problem.Code
}

func unsigned(events.Envelope) (string, error) { return "", nil }

// A forged event does nothing, also when the broker itself delivers it.
func TestAnEventNeedsItsSendersSignature(t *testing.T) {
	t.Parallel()
	rig := functiontest.New(t, "echo", echo, nil)
	delivery, err := rig.Broker().WorkloadToken("echo")
	if err != nil {
		t.Fatal(err)
	}
	upload, social := rig.Signer("upload"), rig.Signer("social")
	for name, c := range map[string]struct {
		source string
		sign   func(events.Envelope) (string, error)
		status int
		code   string
	}{
		"unsigned":                       {"", unsigned, 401, "event_unsigned"},
		"signed by another function":     {"", social.EventToken, 403, "event_sender"},
		"that names another as source":   {"/functions/social", social.EventToken, 403, "event_sender"},
		"from outside, of a type inside": {"https://example.com", unsigned, 401, "event_unsigned"},
		"signed by its sender":           {"", upload.EventToken, 202, ""},
	} {
		status, code := post(t, rig, events.WorkoutDeleted{WorkoutID: "w", UserID: "ann"}, c.source, delivery, c.sign)
		if status != c.status || code != c.code {
			t.Errorf("%s: %d %s, want %d %s", name, status, code, c.status, c.code)
		}
	}
	if got := len(rig.Sent()); got != 1 {
		t.Errorf("%d events were handled, want the one", got)
	}
}

// On a cluster that gives deliveries no token the signature alone decides, and
// an event without a sender of ours is refused; a token that is bad is bad.
func TestOnAClusterTheSignatureIsEnough(t *testing.T) {
	t.Parallel()
	keys := filepath.Join(t.TempDir(), "cluster.json")
	if err := os.WriteFile(keys, []byte(`{"keys":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	rig := functiontest.New(t, "echo", echo, map[string]string{"CLUSTER_ISSUER": "https://cluster.example", "CLUSTER_JWKS_FILE": keys})
	ours, err := rig.Broker().WorkloadToken("echo")
	if err != nil {
		t.Fatal(err)
	}
	upload := rig.Signer("upload")
	deleted, ping := events.WorkoutDeleted{WorkoutID: "w", UserID: "ann"}, events.Ping{Schedule: "sweep"}
	for name, c := range map[string]struct {
		payload       events.Payload
		source, token string
		sign          func(events.Envelope) (string, error)
		status        int
	}{
		"no token, signed":                {deleted, "", "", upload.EventToken, 202},
		"no token, unsigned":              {deleted, "", "", unsigned, 401},
		"a token of another issuer":       {deleted, "", ours, upload.EventToken, 401},
		"no token, a schedule of outside": {ping, "/apis/v1/namespaces/paceline/pingsources/sweep", "", unsigned, 401},
	} {
		if status, code := post(t, rig, c.payload, c.source, c.token, c.sign); status != c.status {
			t.Errorf("%s: %d %s, want %d", name, status, code, c.status)
		}
	}
}
