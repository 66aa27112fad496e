package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/rest"
	"paceline/shared/function/seal"
	"paceline/shared/function/store"
	"paceline/shared/objects"
	"paceline/shared/objects/all"
)

// Config is what this function reads besides function.Config.
type Config struct {
	// AlertEmails get a mail for each alert, separated by commas.
	AlertEmails []string `env:"ALERT_EMAILS" envSeparator:","`
	// PublicURL is what links in mails begin with.
	PublicURL string `env:"PUBLIC_URL,notEmpty,required"`
	// ObjectsURL is where the anchors of the audit log are kept.
	ObjectsURL string `env:"OBJECTS_URL,notEmpty,required"`
}

// Open opens the watch function.
func Open(_ context.Context, e function.Env) (*function.Function, error) {
	c, err := function.Parse[Config](e)
	if err != nil {
		return nil, err
	}
	for i, to := range c.AlertEmails {
		if c.AlertEmails[i] = strings.TrimSpace(to); !strings.Contains(to, "@") {
			return nil, fmt.Errorf("ALERT_EMAILS: %q is not a mail address", to)
		}
	}
	base, err := function.OpenBase(e, "watch")
	if err != nil {
		return nil, err
	}
	counters, err := newCounters()
	if err != nil {
		return nil, err
	}
	kept, err := all.Open(c.ObjectsURL)
	if err != nil {
		return nil, err
	}
	f := &watch{config: c, base: base, store: base.Store, objects: objects.Confine(kept, Objects), counters: counters}
	base.OnSweep(f.watchLog)
	mux := http.NewServeMux()
	mux.Handle("GET /v1/admin/alerts", rest.Handler(f.list))
	mux.Handle("POST /v1/admin/alerts/{id}/acknowledge", rest.Command(base.Store, f.to("alert.acknowledge", stateAcknowledged)))
	mux.Handle("POST /v1/admin/alerts/{id}/release", rest.Command(base.Store, f.to("alert.release", stateReleased)))
	mux.Handle("GET /v1/admin/audit", rest.Handler(f.audit))
	mux.Handle("GET /v1/admin/audit/anchors", rest.Handler(f.anchors))
	fn := base.Function(mux, eventing.On(f.signal), eventing.On(f.keep), eventing.On(f.record))
	fn.Check = func(ctx context.Context) error { return objects.Check(ctx, kept) }
	fn.Closes(kept)
	return fn, nil
}

type watch struct {
	config   Config
	base     *function.Base
	store    *store.Store
	objects  objects.Store
	counters counters
}

// signal counts a signal under each rule that it concerns.
func (f *watch) signal(ctx context.Context, s events.SecuritySignal) error {
	for _, r := range rules {
		about := r.concerns(s)
		if about == "" {
			continue
		}
		if err := f.count(ctx, r, about, s); err != nil {
			return err
		}
	}
	f.counters.signal(ctx, s)
	return nil
}

// list shows alerts, the last said first; ?state= leaves out others.
func (f *watch) list(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	ctx, wanted := r.Context(), r.URL.Query().Get("state")
	out := api.AlertList{Items: []api.Alert{}}
	for after := p.After; ; {
		entries, last, err := f.store.Page(ctx, f.store.Key(partition, "alerts"), p.Limit, after)
		if err != nil {
			return err
		}
		places := make([]store.Place, len(entries))
		for i, e := range entries {
			places[i] = store.Place{Owner: seal.Platform, Key: f.store.Key(partition, "alert", e.ID)}
		}
		alerts, err := store.GetManySealed[Alert](ctx, f.store, places)
		if err != nil {
			return err
		}
		for i, a := range alerts {
			if a == nil || wanted != "" && a.State != wanted {
				continue
			}
			if out.Items = append(out.Items, a.shown()); len(out.Items) == p.Limit && (last != nil || i+1 < len(alerts)) {
				out.NextCursor = rest.Cursor(entries[i].Position())
				return rest.JSON(w, http.StatusOK, out)
			}
		}
		if last == nil {
			return rest.JSON(w, http.StatusOK, out)
		}
		after = last.Position()
	}
}

// to is the command that brings an alert into a state.
func (f *watch) to(action, state string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		a, err := f.change(r, function.Deed{Action: action, Target: r.PathValue("id"), Outcome: function.Done}, state)
		if err != nil {
			return err
		}
		return rest.JSON(w, http.StatusOK, a.shown())
	}
}

// runbook is the page of a rule.
func runbook(rule string) string { return "docs/alerts/" + rule + ".md" }

// shown is an alert as the API has it.
func (a Alert) shown() api.Alert {
	out := api.Alert{
		ID: a.AlertID, Rule: a.Rule, Level: api.AlertLevel(a.Level), About: api.AlertAbout(a.About), Value: a.Value, Count: a.Count,
		State: api.AlertState(a.State), FirstAt: a.FirstAt, LastAt: a.LastAt, BlockUntil: a.BlockUntil, Runbook: runbook(a.Rule),
		Sample: api.AlertSample{
			Signal: a.Sample.Name, Function: a.Sample.Function, Code: a.Sample.Code, ActorID: a.Sample.ActorID, TargetID: a.Sample.TargetID,
			Address: a.Sample.Address, Route: a.Sample.Route, RequestID: a.Sample.RequestID, At: a.Sample.At,
		},
		ChangedBy: a.ChangedBy,
	}
	if !a.ChangedAt.IsZero() {
		out.ChangedAt = &a.ChangedAt
	}
	return out
}

// mailAbout asks for one mail about an alert to one address, each time that it
// is said.
func mailAbout(a Alert, to, publicURL string) events.MailRequested {
	sum := sha256.Sum256([]byte(to))
	return events.MailRequested{
		Key: "alert-" + a.AlertID + "-" + scoreText(a.LastAt) + "-" + hex.EncodeToString(sum[:6]), To: to, Template: "security_alert", Locale: "en",
		Data: map[string]string{
			"rule": a.Rule, "value": a.Value, "count": strconv.Itoa(a.Count), "last_at": a.LastAt.Format(time.RFC3339), "runbook": runbook(a.Rule),
		},
	}
}

func scoreText(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
