package operator

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"paceline/shared/audit"
)

func (t *Tool) auditCommand() *cobra.Command {
	known := ""
	verify := &cobra.Command{
		Use: "verify", Args: exactly(0), Short: "Hold the audit log to its chain, and to a head that was noted before",
		RunE: func(c *cobra.Command, _ []string) error {
			var head audit.Entry
			met := known == ""
			query := url.Values{"limit": {"100"}}
			for {
				var page struct {
					Items      []audit.Entry `json:"items"`
					NextCursor string        `json:"next_cursor"`
				}
				if err := t.call(c.Context(), http.MethodGet, "/v1/admin/audit?"+query.Encode(), &page); err != nil {
					return err
				}
				var err error
				if head, err = audit.Verify(head, page.Items); err != nil {
					return err
				}
				for _, e := range page.Items {
					met = met || strings.EqualFold(known, mark(e))
				}
				if page.NextCursor == "" {
					break
				}
				query.Set("cursor", page.NextCursor)
			}
			if !met {
				return fmt.Errorf("audit: entry %s is not there any more: the log was cut or written anew", known)
			}
			fmt.Fprintf(t.Out, "whole: %d entries\nhead: %s\n", head.Sequence, mark(head))
			return nil
		},
	}
	verify.Flags().StringVar(&known, "head", "", "the head that an earlier run printed")
	return group("audit", "The log of who used which power", verify)
}

// mark names an entry and what it says, to be kept elsewhere.
func mark(e audit.Entry) string { return fmt.Sprintf("%d:%s", e.Sequence, e.Hash) }
