package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"paceline/shared/api"
	"paceline/shared/function/identity"
	"paceline/shared/function/local"
	"paceline/shared/operator/cluster"
)

func (t *Tool) doctorCommand() *cobra.Command {
	var dataDir string
	var onCluster, noCluster bool
	c := &cobra.Command{
		Use: "doctor", Args: exactly(0), Short: "Say what is wrong, and what mends it",
		Long: `Say what is wrong, and what mends it.

With KUBECONFIG (or --on-cluster) it looks at the cluster; with PACELINE_URL, or
without a cluster, it asks the platform itself. It changes nothing, and ends
with 1 when something is wrong.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if onCluster && noCluster {
				return usageError{errors.New("--on-cluster and --no-cluster are one too many")}
			}
			found, err := t.examine(c.Context(), dataDir, (onCluster || t.Env["KUBECONFIG"] != "") && !noCluster)
			if err != nil {
				return err
			}
			if err := t.show(found, func(w io.Writer) { writeFindings(w, found) }); err != nil {
				return err
			}
			if slices.ContainsFunc(found, func(f cluster.Finding) bool { return !f.Note }) {
				return errFound
			}
			return nil
		},
	}
	c.Flags().BoolVar(&onCluster, "on-cluster", false, "look at the cluster of the current context, though KUBECONFIG is not set")
	c.Flags().BoolVar(&noCluster, "no-cluster", false, "look at no cluster, though KUBECONFIG is set")
	c.Flags().StringVar(&dataDir, "data-dir", "", "DATA_DIR of a one-machine platform, to look at its keys too")
	return c
}

func (t *Tool) examine(ctx context.Context, dataDir string, onCluster bool) ([]cluster.Finding, error) {
	found := []cluster.Finding{}
	if onCluster {
		wanted, err := t.manifests()
		if err != nil {
			return nil, err
		}
		n, logs, err := t.Connect(t.namespace)
		if err != nil {
			return nil, err
		}
		doctor := cluster.Doctor{Namespace: n, Logs: logs, Wanted: wanted, Now: t.Now}
		of, err := doctor.Examine(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, of...)
	}
	if dataDir != "" {
		found = append(found, t.examineKeys(ctx, dataDir)...)
	}
	if !onCluster || t.Env["PACELINE_URL"] != "" {
		found = append(found, t.examineAPI(ctx)...)
	}
	return found, nil
}

// examineKeys looks whether what the parts of one machine sign is believed.
func (t *Tool) examineKeys(ctx context.Context, dataDir string) []cluster.Finding {
	about, fix := "keys/"+filepath.Join(dataDir, "keys"), "start the platform again: it publishes the keys that it finds"
	r, err := local.OpenRotator(filepath.Join(dataDir, "keys"))
	if err != nil {
		return []cluster.Finding{{About: about, What: err.Error(), Fix: "name the DATA_DIR of a platform that was started once"}}
	}
	set, err := r.KeySet(ctx)
	if err != nil {
		return []cluster.Finding{{About: about, What: err.Error(), Fix: fix}}
	}
	parts, err := r.Parts(ctx)
	if err != nil {
		return []cluster.Finding{{About: about, What: err.Error(), Fix: "let this account read the keys"}}
	}
	var found []cluster.Finding
	for _, p := range parts {
		key, err := identity.ParseKey(p.Issuer, p.Current)
		switch {
		case err != nil:
			found = append(found, cluster.Finding{About: about, What: p.Issuer + ": " + err.Error(), Fix: "remove " + p.Issuer + ".pem and start the platform again"})
		case !slices.Contains(set.Signing(), key.ID()):
			found = append(found, cluster.Finding{About: about, What: "the public half of " + p.Issuer + "'s key is not in jwks.json: others refuse what it signs", Fix: fix})
		}
	}
	return found
}

// asked is one read of each function that a person can reach; what it answers
// about the person does not matter.
var asked = []struct{ function, path string }{
	{"accounts", "/v1/me"}, {"stats", "/v1/workouts?limit=1"}, {"upload", "/v1/uploads/01DOCTOR"}, {"social", "/v1/users/01DOCTOR"},
	{"feed", "/v1/feed?limit=1"}, {"notify", "/v1/notifications?limit=1"},
}

// examineAPI asks the platform itself.
func (t *Tool) examineAPI(ctx context.Context) []cluster.Finding {
	var p *problem
	err := t.do(ctx, http.MethodGet, "/", "", nil, nil)
	if errors.As(err, &p) {
		return []cluster.Finding{{About: "gateway", What: fmt.Sprintf("%s answers %d", t.url(), p.Status), Fix: "is PACELINE_URL the platform's address? If it is: kn service describe gateway, or the log of the process"}}
	}
	if err != nil {
		return []cluster.Finding{{About: "gateway", What: "it cannot be reached: " + err.Error(), Fix: "start the platform (make run), or set PACELINE_URL to its address"}}
	}
	if _, err := t.token(ctx); err != nil {
		return []cluster.Finding{{About: "sign-in", What: "the functions and the dead letters were not looked at: " + err.Error(), Fix: "kn paceline login --email …", Note: true}}
	}
	var found []cluster.Finding
	for _, a := range asked {
		err := t.call(ctx, http.MethodGet, a.path, nil)
		switch {
		case errors.As(err, &p) && p.Status == http.StatusUnauthorized:
			return append(found, cluster.Finding{About: "sign-in", What: "the token is refused: " + p.Error(), Fix: "kn paceline login --email …"})
		case errors.As(err, &p) && p.Status < 500 || err == nil:
		default:
			found = append(found, cluster.Finding{About: "function/" + a.function, What: err.Error(), Fix: "kn paceline doctor --cluster, or the log of the process; most often its Redis or its object store is away"})
		}
	}
	return append(found, t.examineLetters(ctx)...)
}

// examineLetters counts what waits for an operator. A sweep that became a dead
// letter is an outbox that the broker does not take.
func (t *Tool) examineLetters(ctx context.Context) []cluster.Finding {
	letters, err := t.letters(ctx, "", 0)
	var p *problem
	if errors.As(err, &p) && p.Status == http.StatusForbidden {
		return []cluster.Finding{{About: "deadletters", What: "they were not looked at: you are no operator", Fix: "kn paceline role grant ADDRESS operator, by two admins", Note: true}}
	}
	if err != nil {
		return []cluster.Finding{{About: "deadletters", What: "they cannot be read: " + err.Error(), Fix: "kn paceline doctor --cluster"}}
	}
	var found []cluster.Finding
	waiting := map[string]int{}
	var order []string
	for _, l := range letters {
		if l.State != api.DeadLetterStateKept {
			continue
		}
		if strings.Contains(l.Error, "outbox_not_empty") {
			found = append(found, cluster.Finding{About: "outbox", What: "events wait in the outbox behind " + l.Destination + ": the broker does not take them", Fix: "look at the broker (kn broker describe default), then kn paceline deadletter replay " + l.ID})
			continue
		}
		if waiting[l.EventType]++; waiting[l.EventType] == 1 {
			order = append(order, l.EventType)
		}
	}
	for _, eventType := range order {
		found = append(found, cluster.Finding{
			About: "deadletters", What: fmt.Sprintf("%d of %s wait", waiting[eventType], eventType),
			Fix: "kn paceline deadletter list --type " + eventType + ", mend the cause, then kn paceline deadletter replay --all --type " + eventType,
		})
	}
	return found
}

func writeFindings(w io.Writer, found []cluster.Finding) {
	for _, f := range found {
		mark := "WRONG"
		if f.Note {
			mark = "NOTE"
		}
		fmt.Fprintf(w, "%-5s %s: %s\n      fix: %s\n", mark, f.About, strings.ReplaceAll(f.What, "\n", "\n      "), f.Fix)
	}
	if !slices.ContainsFunc(found, func(f cluster.Finding) bool { return !f.Note }) {
		fmt.Fprintln(w, "Nothing is wrong.")
	}
}
