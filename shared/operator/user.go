package operator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"paceline/shared/api"
)

func (t *Tool) userCommand() *cobra.Command {
	show := &cobra.Command{
		Use: "show ID|ADDRESS", Args: exactly(1), Short: "Show an account",
		RunE: func(c *cobra.Command, args []string) error {
			u, err := t.user(c.Context(), args[0])
			if err != nil {
				return err
			}
			return t.show(u, func(w io.Writer) { writeUser(w, u) })
		},
	}
	sessions := &cobra.Command{
		Use: "sessions ID|ADDRESS", Args: exactly(1), Short: "List where a person is signed in",
		RunE: func(c *cobra.Command, args []string) error {
			u, err := t.user(c.Context(), args[0])
			if err != nil {
				return err
			}
			all, err := t.sessions(c.Context(), u.UserID)
			if err != nil {
				return err
			}
			return t.show(all, func(w io.Writer) { writeSessions(w, all) })
		},
	}
	signOut := &cobra.Command{
		Use: "sign-out ID|ADDRESS", Args: exactly(1), Short: "Sign a person out everywhere",
		RunE: func(c *cobra.Command, args []string) error {
			u, err := t.user(c.Context(), args[0])
			if err == nil {
				err = t.call(c.Context(), http.MethodDelete, userPath(u.UserID)+"/sessions", nil)
			}
			return err
		},
	}
	resetFactors := &cobra.Command{
		Use: "reset-factors ID|ADDRESS", Args: exactly(1), Short: "Take all second factors from a person who lost them",
		RunE: func(c *cobra.Command, args []string) error {
			u, err := t.user(c.Context(), args[0])
			if err == nil {
				err = t.call(c.Context(), http.MethodDelete, userPath(u.UserID)+"/factors", nil)
			}
			return err
		},
	}
	export := &cobra.Command{
		Use: "export ID|ADDRESS", Args: exactly(1), Short: "Ask for everything that is kept of a person; they get the mail, and nobody else the files",
		RunE: func(c *cobra.Command, args []string) error {
			u, err := t.user(c.Context(), args[0])
			if err != nil {
				return err
			}
			var e api.Export
			if err := t.call(c.Context(), http.MethodPost, userPath(u.UserID)+"/export", &e); err != nil {
				return err
			}
			return t.show(e, func(w io.Writer) {
				fmt.Fprintf(w, "Export %s is %s; a mail tells %s when it is ready.\n", e.ID, e.State, u.Email)
			})
		},
	}
	var sure bool
	erase := &cobra.Command{
		Use: "erase ID|ADDRESS --yes", Args: exactly(1), Short: "Erase a person for good, in every function",
		RunE: func(c *cobra.Command, args []string) error {
			u, err := t.user(c.Context(), args[0])
			if err != nil {
				return err
			}
			if !sure {
				return usageError{fmt.Errorf("nothing brings %s (%s) back: say --yes", u.UserID, u.Email)}
			}
			if err := t.call(c.Context(), http.MethodDelete, userPath(u.UserID), nil); err != nil {
				return err
			}
			fmt.Fprintln(t.Err, "the keys are destroyed; what functions keep follows within minutes, and the audit log says when")
			return nil
		},
	}
	erase.Flags().BoolVar(&sure, "yes", false, "yes, for good")
	return group("user", "People's accounts", show, sessions, signOut, resetFactors, export, erase)
}

func userPath(id string) string { return "/v1/admin/users/" + url.PathEscape(id) }

// user finds a person by id or address.
func (t *Tool) user(ctx context.Context, who string) (api.AdminUser, error) {
	var u api.AdminUser
	if !strings.Contains(who, "@") {
		return u, t.call(ctx, http.MethodGet, userPath(who), &u)
	}
	var found api.AdminUserList
	if err := t.call(ctx, http.MethodGet, "/v1/admin/users?"+url.Values{"email": {who}}.Encode(), &found); err != nil {
		return u, err
	}
	if len(found.Items) == 0 {
		return u, fmt.Errorf("nobody has the address %s", who)
	}
	return found.Items[0], nil
}

func (t *Tool) sessions(ctx context.Context, id string) ([]api.Session, error) {
	all := []api.Session{}
	query := url.Values{"limit": {"100"}}
	for {
		var page api.SessionList
		if err := t.call(ctx, http.MethodGet, userPath(id)+"/sessions?"+query.Encode(), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.NextCursor == "" {
			return all, nil
		}
		query.Set("cursor", page.NextCursor)
	}
}

func writeUser(w io.Writer, u api.AdminUser) {
	proven := "proven"
	if !u.EmailVerified {
		proven = "not proven"
	}
	table(w, func(w io.Writer) {
		fmt.Fprintf(w, "ID:\t%s\nName:\t%s\nAddress:\t%s (%s)\nLocale:\t%s\nRoles:\t%s\nRegistered:\t%s\n",
			u.UserID, u.DisplayName, u.Email, proven, u.Locale, strings.Trim(fmt.Sprint(u.Roles), "[]"), u.CreatedAt.Format(time.RFC3339))
	})
}

func writeSessions(w io.Writer, all []api.Session) {
	if len(all) == 0 {
		fmt.Fprintln(w, "No sessions.")
		return
	}
	table(w, func(w io.Writer) {
		fmt.Fprintln(w, "ID\tSIGNED IN\tLAST USED\tDEVICE")
		for _, s := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.ID, s.CreatedAt.Format(time.RFC3339), s.LastUsedAt.Format(time.RFC3339), s.UserAgent)
		}
	})
}
