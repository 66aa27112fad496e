package operator

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// rebuilt is what can be built again from what is kept, and the route that does.
var rebuilt = map[string]string{
	"feed":  "/v1/admin/feeds/rebuild",
	"stats": "/v1/admin/stats/rebuild",
}

func (t *Tool) rebuildCommand() *cobra.Command {
	var user string
	names := strings.Join(slices.Sorted(maps.Keys(rebuilt)), ", ")
	c := &cobra.Command{
		Use: "rebuild FUNCTION", Args: exactly(1), Short: "Build derived data of a function again: " + names,
		RunE: func(c *cobra.Command, args []string) error {
			path, ok := rebuilt[args[0]]
			if !ok {
				return usageError{fmt.Errorf("nothing of %s is derived: what can be built again is %s", args[0], names)}
			}
			if user == "" {
				if err := t.call(c.Context(), http.MethodPost, path, nil); err != nil {
					return err
				}
				fmt.Fprintf(t.Err, "%s is being built again for everybody, step by step\n", args[0])
				return nil
			}
			u, err := t.user(c.Context(), user)
			if err != nil {
				return err
			}
			return t.call(c.Context(), http.MethodPost, path+"?"+url.Values{"user_id": {u.UserID}}.Encode(), nil)
		},
	}
	c.Flags().StringVar(&user, "user", "", "only this person's: id or mail address")
	return c
}
