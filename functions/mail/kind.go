package mail

import (
	"net/url"
	"regexp"

	"paceline/shared/function/fault"
)

// kind is what there is to know of a template besides its text.
type kind struct {
	required []string // data without which the mail makes no sense
	page     string   // where its button leads, below PUBLIC_URL
	token    bool     // the link carries the request's token
	account  bool     // about the account itself: nobody can unsubscribe from it
}

// kinds are the templates that there are.
var kinds = map[string]kind{
	"verify_email":       {required: []string{"token"}, page: "/verify", token: true, account: true},
	"password_reset":     {required: []string{"token"}, page: "/reset", token: true, account: true},
	"password_changed":   {page: "/login", account: true},
	"already_registered": {page: "/login", account: true},
	"new_device":         {required: []string{"device", "when"}, page: "/login", account: true},
	"factors_changed":    {page: "/login", account: true},
	"factors_reset":      {page: "/login", account: true},
	"export_ready":       {required: []string{"valid_for"}, page: "/login", account: true},
	"session_ended":      {required: []string{"device"}, page: "/login", account: true},
	"security_alert":     {required: []string{"rule", "value", "runbook"}, page: "/login", account: true},
	"new_follower":       {required: []string{"name"}, page: "/login"},
	"follow_request":     {required: []string{"name"}, page: "/login"},
	"follow_accepted":    {required: []string{"name"}, page: "/login"},
	"workout_processed":  {page: "/login"},
	"workout_failed":     {page: "/login"},
	"record_set":         {required: []string{"of", "result"}, page: "/login"},
	"goal_reached":       {required: []string{"result"}, page: "/login"},
	"segment_rank":       {required: []string{"of", "name", "result"}, page: "/login"},
	"gear_worn":          {required: []string{"name", "result"}, page: "/login"},
	"import_finished":    {page: "/login"},
	"followed_workout":   {required: []string{"who"}, page: "/login"},
}

// kindOf finds a template and checks that the request's data is enough for it.
func kindOf(template string, data map[string]string) (kind, error) {
	k, ok := kinds[template]
	if !ok {
		return kind{}, fault.Invalid("unknown_template", "there is no mail %q", clean(template))
	}
	for _, name := range k.required {
		if clean(data[name]) == "" {
			return kind{}, fault.Invalid("missing_data", "the mail %q needs %q", template, name)
		}
	}
	if k.token && !tokenShape.MatchString(data["token"]) {
		return kind{}, fault.Invalid("invalid_data", "the token of the mail %q cannot be a part of a link", template)
	}
	return k, nil
}

// tokenShape is what needs no escaping in a link.
var tokenShape = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,1000}$`)

// link is where the button of a mail leads.
func (k kind) link(public *url.URL, data map[string]string) string {
	u := public.JoinPath(k.page)
	if k.token {
		u.RawQuery = url.Values{"token": {data["token"]}}.Encode()
	}
	return u.String()
}
