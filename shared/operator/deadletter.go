package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"paceline/shared/api"
)

func (t *Tool) deadletterCommand() *cobra.Command {
	var eventType string
	var limit int
	list := &cobra.Command{
		Use: "list", Args: exactly(0), Short: "List events that nobody could take, the newest first",
		RunE: func(c *cobra.Command, _ []string) error {
			letters, err := t.letters(c.Context(), eventType, limit)
			if err != nil {
				return err
			}
			return t.show(letters, func(w io.Writer) { writeLetters(w, letters) })
		},
	}
	list.Flags().StringVar(&eventType, "type", "", "only events of this type")
	list.Flags().IntVar(&limit, "limit", 100, "at most so many")
	describe := &cobra.Command{
		Use: "describe ID", Args: exactly(1), Short: "Show one such event and why it was refused",
		RunE: func(c *cobra.Command, args []string) error {
			var l api.DeadLetter
			if err := t.call(c.Context(), http.MethodGet, letterPath(args[0]), &l); err != nil {
				return err
			}
			return t.show(l, func(w io.Writer) { writeLetter(w, l) })
		},
	}
	return group("deadletter", "Events that nobody could take", list, describe, t.replayCommand())
}

func (t *Tool) replayCommand() *cobra.Command {
	var all bool
	var eventType string
	c := &cobra.Command{
		Use: "replay [ID…]", Short: "Send such events again, under their own ids: whoever took one before passes it over",
		RunE: func(c *cobra.Command, ids []string) error {
			if all == (len(ids) > 0) || (eventType != "" && !all) {
				return usageError{errors.New("replay wants the ids of dead letters, or --all and perhaps --type")}
			}
			if all {
				letters, err := t.letters(c.Context(), eventType, 0)
				if err != nil {
					return err
				}
				for _, l := range letters {
					if l.State == api.DeadLetterStateKept {
						ids = append(ids, l.ID)
					}
				}
			}
			return t.replay(c.Context(), ids)
		},
	}
	c.Flags().BoolVar(&all, "all", false, "all that were not sent again yet")
	c.Flags().StringVar(&eventType, "type", "", "with --all: only events of this type")
	return c
}

// replay goes on after one that fails, and fails in the end.
func (t *Tool) replay(ctx context.Context, ids []string) error {
	sent := []api.DeadLetter{}
	var failed []error
	for _, id := range ids {
		var l api.DeadLetter
		if err := t.call(ctx, http.MethodPost, letterPath(id)+"/replay", &l); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", id, err))
			continue
		}
		sent = append(sent, l)
	}
	err := t.show(sent, func(w io.Writer) {
		for _, l := range sent {
			fmt.Fprintf(w, "%s sent again: %s\n", l.ID, l.EventType)
		}
	})
	return errors.Join(append(failed, err)...)
}

func letterPath(id string) string { return "/v1/admin/deadletters/" + url.PathEscape(id) }

// letters reads pages until there are limit, or all for 0.
func (t *Tool) letters(ctx context.Context, eventType string, limit int) ([]api.DeadLetter, error) {
	all := []api.DeadLetter{}
	query := url.Values{"limit": {"100"}}
	if limit > 0 {
		query.Set("limit", strconv.Itoa(min(limit, 100)))
	}
	if eventType != "" {
		query.Set("type", eventType)
	}
	for {
		var page api.DeadLetterList
		if err := t.call(ctx, http.MethodGet, "/v1/admin/deadletters?"+query.Encode(), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if limit > 0 && len(all) >= limit {
			return all[:limit], nil
		}
		if page.NextCursor == "" {
			return all, nil
		}
		query.Set("cursor", page.NextCursor)
	}
}

// table aligns columns as kn does.
func table(w io.Writer, write func(w io.Writer)) {
	tab := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	write(tab)
	_ = tab.Flush() // an output that is gone ends the process
}

func writeLetters(w io.Writer, letters []api.DeadLetter) {
	if len(letters) == 0 {
		fmt.Fprintln(w, "No dead letters.")
		return
	}
	table(w, func(w io.Writer) {
		fmt.Fprintln(w, "ID\tTYPE\tSTATE\tSTATUS\tREPLAYS\tRECEIVED")
		for _, l := range letters {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\n", l.ID, l.EventType, l.State, l.Status, l.Replays, l.ReceivedAt.Format(time.RFC3339))
		}
	})
}

func writeLetter(w io.Writer, l api.DeadLetter) {
	table(w, func(w io.Writer) {
		for _, row := range [][2]string{
			{"ID", l.ID}, {"State", string(l.State)}, {"Event", l.EventType + " " + l.EventID}, {"From", l.EventSource}, {"About", l.EventSubject},
			{"Refused by", l.Destination}, {"Status", strconv.Itoa(l.Status)}, {"Error", l.Error}, {"Received", l.ReceivedAt.Format(time.RFC3339)}, {"Replays", strconv.Itoa(l.Replays)},
		} {
			fmt.Fprintf(w, "%s:\t%s\n", row[0], row[1])
		}
	})
	fmt.Fprintf(w, "\n%s\n", l.Event)
}
