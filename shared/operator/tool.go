package operator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"paceline/shared/broker/manifest"
	"paceline/shared/operator/cluster"
)

// Tool is what the command line works with. Tests give it their own.
type Tool struct {
	Manifests fs.FS             // what a cluster is told
	Env       map[string]string // PACELINE_URL, PACELINE_TOKEN, KUBECONFIG
	ConfigDir string            // where a sign-in is kept; "" when there is no such place
	In        io.Reader
	Out, Err  io.Writer
	Now       func() time.Time
	Sleep     func(ctx context.Context, d time.Duration) error
	HTTP      *http.Client
	Connect   func(namespace string) (cluster.Namespace, cluster.Logs, error)

	rendered  []manifest.Service // instead of Manifests, when a file was given
	namespace string
	output    string
	warned    bool
}

// errFound ends a command with 1 after it has said what it found.
var errFound = errors.New("something is wrong")

// usageError is what a person did wrong, which ends a command with 2.
type usageError struct{ error }

// Run runs one command and returns its exit code.
func (t *Tool) Run(ctx context.Context, args []string) int {
	root := t.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFound):
		return 1
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"): // cobra has no type for it
		fmt.Fprintf(t.Err, "kn paceline: %v\nSee 'kn paceline --help'.\n", err)
		return 2
	}
	fmt.Fprintf(t.Err, "kn paceline: %v\n", err)
	return 1
}

func (t *Tool) root() *cobra.Command {
	root := &cobra.Command{
		Use: "kn-paceline", Short: "Operate Paceline, on one machine or on a Knative cluster",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kn paceline"},
		SilenceErrors: true, SilenceUsage: true,
	}
	root.SetIn(t.In)
	root.SetOut(t.Out)
	root.SetErr(t.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().StringVarP(&t.namespace, "namespace", "n", cluster.DefaultNamespace, "namespace of the platform on the cluster")
	root.PersistentFlags().StringVarP(&t.output, "output", "o", "", "json instead of text")
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if t.output != "" && t.output != "json" {
			return usageError{fmt.Errorf("-o %s: there is json, and text without it", t.output)}
		}
		return nil
	}
	root.AddCommand(t.loginCommands()...)
	root.AddCommand(t.secretsCommand(), t.aclCommand(), t.bucketPolicyCommand(), t.keyCommand(), t.doctorCommand(), t.triggerCommand(), t.deadletterCommand(), t.alertCommand(), t.importCommand(), t.rebuildCommand(), t.userCommand(), t.roleCommand(), t.auditCommand(), t.breachListCommand())
	return root
}

// exactly is cobra.ExactArgs with an error of ours.
func exactly(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError{fmt.Errorf("it is '%s'", c.UseLine())}
		}
		return nil
	}
}

// manifests is what the cluster is told.
func (t *Tool) manifests() (*manifest.Set, error) { return manifest.Load(t.Manifests) }

// services is every function as the manifests declare it.
func (t *Tool) services() ([]manifest.Service, error) {
	if t.rendered != nil {
		return t.rendered, nil
	}
	set, err := manifest.Load(t.Manifests)
	if err != nil {
		return nil, err
	}
	return set.Services, nil
}

// show writes v as JSON, or as text writes it.
func (t *Tool) show(v any, text func(w io.Writer)) error {
	if t.output != "json" {
		text(printable{t.Out})
		return nil
	}
	e := json.NewEncoder(t.Out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printable keeps what others wrote (an error, a device's name) from steering
// the operator's terminal.
type printable struct{ w io.Writer }

func (p printable) Write(b []byte) (int, error) {
	clean := bytes.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return '?'
		}
		return r
	}, b)
	if _, err := p.w.Write(clean); err != nil {
		return 0, err
	}
	return len(b), nil
}

// New is the Tool of a process, on its own environment.
func New(manifests fs.FS) *Tool {
	t := &Tool{
		Manifests: manifests, Env: map[string]string{}, In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Now: time.Now, Sleep: sleep, HTTP: &http.Client{Timeout: time.Minute}, Connect: cluster.Connect,
	}
	for _, name := range []string{"PACELINE_URL", "PACELINE_TOKEN", "KUBECONFIG"} {
		t.Env[name] = os.Getenv(name)
	}
	if dir, err := os.UserConfigDir(); err == nil {
		t.ConfigDir = filepath.Join(dir, "paceline")
	}
	return t
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return usageError{fmt.Errorf("%s wants one of its commands: see 'kn paceline %s --help'", use, use)}
	}}
	c.AddCommand(commands...)
	return c
}
