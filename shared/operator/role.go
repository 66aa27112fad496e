package operator

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"paceline/shared/api"
)

// inForce is said when a role has changed.
const inForce = "it holds at once: the person's tokens are void, and the next one says it"

func (t *Tool) roleCommand() *cobra.Command {
	grant := t.roleChange("grant", "Give a person a role, or ask another admin to", func(c *cobra.Command, u api.AdminUser, role string) error {
		var waits api.RoleRequest
		if err := t.call(c.Context(), http.MethodPut, rolePath(u, role), &waits); err != nil {
			return err
		}
		if waits.ID != "" {
			fmt.Fprintf(t.Err, "another admin has to confirm it until %s: kn paceline role confirm %s %s\n", waits.ExpiresAt.Format(time.RFC3339), u.UserID, role)
			return nil
		}
		fmt.Fprintln(t.Err, inForce)
		return nil
	})
	revoke := t.roleChange("revoke", "Take a role from a person", t.roleCall(http.MethodDelete, rolePath, inForce))
	confirm := t.roleChange("confirm", "Give a role that another admin asked for", t.roleCall(http.MethodPut, requestPath, inForce))
	refuse := t.roleChange("refuse", "Refuse a role that an admin asked for", t.roleCall(http.MethodDelete, requestPath, "the request is gone"))
	requests := &cobra.Command{
		Use: "requests", Args: exactly(0), Short: "List roles that wait for a second admin",
		RunE: func(c *cobra.Command, _ []string) error {
			var page api.RoleRequestList
			if err := t.call(c.Context(), http.MethodGet, "/v1/admin/role-requests?limit=100", &page); err != nil {
				return err
			}
			return t.show(page.Items, func(w io.Writer) { writeRequests(w, page.Items) })
		},
	}
	return group("role", "Roles of people: coach, support, marketer, operator, admin", grant, revoke, requests, confirm, refuse)
}

func rolePath(u api.AdminUser, role string) string {
	return userPath(u.UserID) + "/roles/" + url.PathEscape(role)
}

func requestPath(u api.AdminUser, role string) string {
	return "/v1/admin/role-requests/" + url.PathEscape(u.UserID+"."+role)
}

// roleChange is a command about a person and a role.
func (t *Tool) roleChange(verb, short string, do func(*cobra.Command, api.AdminUser, string) error) *cobra.Command {
	return &cobra.Command{
		Use: verb + " ID|ADDRESS ROLE", Args: exactly(2), Short: short,
		RunE: func(c *cobra.Command, args []string) error {
			u, err := t.user(c.Context(), args[0])
			if err != nil {
				return err
			}
			return do(c, u, args[1])
		},
	}
}

// roleCall makes one call about a person and a role, and says what came of it.
func (t *Tool) roleCall(method string, path func(api.AdminUser, string) string, said string) func(*cobra.Command, api.AdminUser, string) error {
	return func(c *cobra.Command, u api.AdminUser, role string) error {
		if err := t.call(c.Context(), method, path(u, role), nil); err != nil {
			return err
		}
		fmt.Fprintln(t.Err, said)
		return nil
	}
}

func writeRequests(w io.Writer, all []api.RoleRequest) {
	if len(all) == 0 {
		fmt.Fprintln(w, "No requests.")
		return
	}
	table(w, func(w io.Writer) {
		fmt.Fprintln(w, "PERSON\tROLE\tASKED BY\tASKED\tUNTIL")
		for _, q := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", q.UserID, q.Role, q.RequestedBy, q.RequestedAt.Format(time.RFC3339), q.ExpiresAt.Format(time.RFC3339))
		}
	})
}
