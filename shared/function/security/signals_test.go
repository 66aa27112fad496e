package security

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestAnswersThatAreSignals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer answer
		want   string
	}{
		"no fault":                  {answer{path: "/v1/me", route: "GET /v1/me"}, ""},
		"no token":                  {answer{path: "/v1/me", route: "GET /v1/me", status: 401, code: "token_missing"}, "authn_missing"},
		"a forged token":            {answer{path: "/v1/me", route: "GET /v1/me", status: 401, code: "token_invalid", reason: "signature"}, "jwt_reject"},
		"a token that is over":      {answer{path: "/v1/me", route: "GET /v1/me", status: 401, code: "token_invalid", reason: Expired}, ""},
		"one that is over, nowhere": {answer{path: "/v1/none", status: 401, code: "token_invalid", reason: Expired}, ""},
		"one for a function":        {answer{path: eventsPath, status: 401, code: "token_invalid", reason: Expired}, "event_auth_fail"},
		"an event without a token":  {answer{path: eventsPath, status: 401, code: "token_missing"}, "event_auth_fail"},
		"a path that is not":        {answer{path: "/v1/none", status: 404, code: "not_found"}, "malicious_excess_404"},
		"a path inside":             {answer{path: "/fn/stats/events", status: 401, code: "token_missing"}, "forbidden_probe"},
		"a honey path":              {answer{path: "/admin/backup", status: 401, code: "token_missing"}, "malicious_honey"},
		"a thing that is not":       {answer{path: "/v1/workouts/1", route: "GET /v1/workouts/{id}", status: 404, code: "workout_not_found"}, "malicious_direct_reference"},
		"an invalid token of mail":  {answer{path: "/v1/auth/verify", route: "POST /v1/auth/verify", status: 400, code: "invalid_token"}, "authn_token_reject"},
		"a forged unsubscription":   {answer{path: "/v1/mail/unsubscribe", route: "POST /v1/mail/unsubscribe", status: 422, code: "invalid_token"}, "webhook_reject"},
		"a picture":                 {answer{path: "/v1/workouts", route: "POST /v1/workouts", status: 415, code: "unsupported_format"}, ""},
		"a bomb":                    {answer{path: "/v1/imports", route: "POST /v1/imports", status: 413, code: "zip_bomb"}, "upload_validation"},
		"a name that leads out":     {answer{path: "/v1/workouts", route: "POST /v1/workouts", status: 422, code: "zip_unsafe_name"}, "upload_validation"},
		"a download that broke":     {answer{path: "/v1/imports", route: "POST /v1/imports", status: 422, code: "zip_corrupt"}, ""},
		"a conflict":                {answer{path: "/v1/me", route: "PATCH /v1/me", status: 409, code: "too_busy"}, ""},
	} {
		s, ok := signalOf(c.answer)
		if s.Name != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q %t, want %q", name, s.Name, ok, c.want)
		}
	}
}

// What is told of a request is told once, and of a path where that is all that
// is known.
func TestANoteTellsOnce(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/v1/none", nil)
	ctx, note := Begin(r, "192.0.2.1")
	Because(ctx, "a reason")
	Answered(ctx, http.StatusNotFound, "not_found")
	got := note.Signals()
	if len(got) != 1 || got[0].TargetID != "/v1/none" || got[0].Address != "192.0.2.1" || got[0].Reason != "a reason" || got[0].Count != 1 {
		t.Errorf("%+v", got)
	}
}

// A request is known by the id that the gateway gave it, and not by one that a
// client sent.
func TestANoteKnowsTheGatewaysId(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/v1/none", nil)
	r.Header.Set("X-Request-Id", "of the client")
	ctx, note := Begin(r, "192.0.2.1")
	r = r.WithContext(ctx)
	r.Header.Set("X-Request-Id", "of the gateway")
	Answered(ctx, http.StatusNotFound, "not_found")
	Routed(r)
	if got := note.Signals(); len(got) != 1 || got[0].RequestID != "of the gateway" {
		t.Errorf("%+v", got)
	}
}
