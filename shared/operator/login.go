package operator

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"paceline/shared/api"
)

// credentials is a kept sign-in. The file is the operator's alone.
type credentials struct {
	URL          string    `json:"url"`
	RefreshToken string    `json:"refresh_token"`
	AccessToken  string    `json:"access_token"`
	Until        time.Time `json:"until"`
}

func (t *Tool) loginCommands() []*cobra.Command {
	var email, code string
	login := &cobra.Command{
		Use: "login", Args: exactly(0), Short: "Sign in at PACELINE_URL; the password is asked, or read from standard input",
		RunE: func(c *cobra.Command, _ []string) error {
			if t.ConfigDir == "" {
				return errors.New("there is no folder to keep a sign-in in: set HOME, or use PACELINE_TOKEN")
			}
			if email == "" {
				return usageError{errors.New("login wants --email")}
			}
			password, err := t.password()
			if err != nil {
				return err
			}
			in := api.LoginRequest{Email: email, Password: password, Code: code}
			var tokens api.Tokens
			if err := t.do(c.Context(), http.MethodPost, "/v1/auth/login", "", in, &tokens); err != nil {
				return err
			}
			if err := t.save(tokens); err != nil {
				return err
			}
			fmt.Fprintf(t.Err, "signed in at %s\n", t.url())
			return nil
		},
	}
	login.Flags().StringVar(&email, "email", "", "your mail address")
	login.Flags().StringVar(&code, "code", "", "code of the second factor")
	logout := &cobra.Command{
		Use: "logout", Args: exactly(0), Short: "End the sign-in",
		RunE: func(c *cobra.Command, _ []string) error {
			err := t.call(c.Context(), http.MethodPost, "/v1/auth/logout", nil)
			if gone := os.Remove(t.credentialsFile()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
				return gone
			}
			return err
		},
	}
	return []*cobra.Command{login, logout}
}

// password asks without an echo where somebody types, and else reads one line.
func (t *Tool) password() (string, error) {
	if f, ok := t.In.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(t.Err, "password: ")
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(t.Err)
		return string(b), err
	}
	line, err := bufio.NewReader(t.In).ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.Join(errors.New("no password on standard input"), err)
	}
	return line, nil
}

func (t *Tool) credentialsFile() string { return filepath.Join(t.ConfigDir, "credentials.json") }

// saved is the kept sign-in, or none: one that cannot be read is to be made new.
func (t *Tool) saved() credentials {
	var s credentials
	if t.ConfigDir == "" {
		return s
	}
	b, err := os.ReadFile(t.credentialsFile())
	if err != nil || json.Unmarshal(b, &s) != nil {
		return credentials{}
	}
	return s
}

// write replaces the kept sign-in as a whole: half a refresh token is none.
func (t *Tool) write(s credentials) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(t.ConfigDir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(t.ConfigDir, ".new-*") // which nobody else may read
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), t.credentialsFile())
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
