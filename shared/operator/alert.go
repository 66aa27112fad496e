package operator

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"paceline/shared/api"
)

func (t *Tool) alertCommand() *cobra.Command {
	var state string
	var limit int
	list := &cobra.Command{
		Use: "list", Args: exactly(0), Short: "List security alerts, the last said first",
		RunE: func(c *cobra.Command, _ []string) error {
			query := url.Values{"limit": {strconv.Itoa(limit)}}
			if state != "" {
				query.Set("state", state)
			}
			var page api.AlertList
			if err := t.call(c.Context(), http.MethodGet, "/v1/admin/alerts?"+query.Encode(), &page); err != nil {
				return err
			}
			return t.show(page.Items, func(w io.Writer) { writeAlerts(w, page.Items) })
		},
	}
	list.Flags().StringVar(&state, "state", "", "only alerts that are open, acknowledged or released")
	list.Flags().IntVar(&limit, "limit", 100, "at most so many, up to 100")
	return group("alert", "Security alerts, and the blocks that came of them", list,
		t.alertChange("acknowledge", "Say that somebody looks after an alert"),
		t.alertChange("release", "End an alert and its block"))
}

func (t *Tool) alertChange(verb, short string) *cobra.Command {
	return &cobra.Command{
		Use: verb + " ID", Args: exactly(1), Short: short,
		RunE: func(c *cobra.Command, args []string) error {
			var a api.Alert
			if err := t.call(c.Context(), http.MethodPost, "/v1/admin/alerts/"+url.PathEscape(args[0])+"/"+verb, &a); err != nil {
				return err
			}
			return t.show(a, func(w io.Writer) { writeAlerts(w, []api.Alert{a}) })
		},
	}
}

func writeAlerts(w io.Writer, alerts []api.Alert) {
	if len(alerts) == 0 {
		fmt.Fprintln(w, "No alerts.")
		return
	}
	table(w, func(w io.Writer) {
		fmt.Fprintln(w, "ID\tRULE\tLEVEL\tABOUT\tCOUNT\tSTATE\tLAST\tBLOCKED UNTIL")
		for _, a := range alerts {
			until := "-"
			if a.BlockUntil != nil {
				until = a.BlockUntil.Format(time.RFC3339)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s %s\t%d\t%s\t%s\t%s\n", a.ID, a.Rule, a.Level, a.About, a.Value, a.Count, a.State, a.LastAt.Format(time.RFC3339), until)
		}
	})
}
