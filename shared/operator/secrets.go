package operator

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"paceline/shared/broker/manifest"
	"paceline/shared/operator/cluster"
)

func (t *Tool) secretsCommand() *cobra.Command {
	var s cluster.Settings
	var dryRun bool
	var values []string
	var rendered string
	c := &cobra.Command{
		Use: "secrets", Args: exactly(0), Short: "Make the Secrets and ConfigMaps that the functions need",
		Long: `Make the Secrets and ConfigMaps that the functions need.

Which they are is read from the manifests. Keys are made where there are none
and never replaced; an address is replaced when its flag is given. A second run
changes nothing. A value that begins with @ is read from that file.`,
		Example: `  kn paceline secrets --redis-url 'rediss://{function}:{password}@redis.example:6379' \
    --objects-url 's3://paceline?region=eu-central-1' --mail-url @smtp-url \
    --public-url https://paceline.example --mail-from 'Paceline <no-reply@paceline.example>'`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := errors.Join(s.Set(values), fromFiles(&s)); err != nil {
				return usageError{err}
			}
			if err := t.readManifests(rendered); err != nil {
				return usageError{err}
			}
			if dryRun {
				return t.printSecrets(s)
			}
			return t.applySecrets(c, s)
		},
	}
	f := c.Flags()
	f.StringVar(&s.RedisURL, "redis-url", "", "address of Redis; {function} becomes each function's name, {password} one of its own")
	f.StringVar(&s.ObjectsURL, "objects-url", "", "address of the object store")
	f.StringVar(&s.KEKURI, "kek-uri", "", "a key of AWS KMS or GCP KMS (aws-kms://…, gcp-kms://…) that everything is sealed under, instead of one that is made and kept in a Secret")
	f.StringVar(&s.MailURL, "mail-url", "", "address of the mail server")
	f.StringVar(&s.PublicURL, "public-url", "", "what links in mails begin with")
	f.StringVar(&s.MailFrom, "mail-from", "", "sender of mails")
	f.StringVar(&s.AdminEmails, "admin-emails", "", "addresses whose proof gives the role admin, separated by commas")
	f.StringVar(&s.AlertEmails, "alert-emails", "", "addresses that get a mail for each security alert, separated by commas")
	f.StringArrayVar(&values, "value", nil, "OBJECT/KEY=VALUE for anything else that the manifests refer to")
	f.StringVarP(&rendered, "filename", "f", "", "what the cluster is told, as Kustomize renders it (- is standard input), instead of what this binary holds")
	f.BoolVar(&dryRun, "dry-run", false, "print new objects as YAML and speak to no cluster")
	return c
}

// readManifests takes the manifests from a file, so that what an overlay refers
// to is known, too.
func (t *Tool) readManifests(file string) error {
	if file == "" {
		return nil
	}
	text, err := t.readFile(file)
	if err != nil {
		return err
	}
	t.rendered, err = manifest.Services(file, text)
	return err
}

// fromFiles replaces values of the form @file.
func fromFiles(s *cluster.Settings) error {
	read := func(v string) (string, error) {
		name, is := strings.CutPrefix(v, "@")
		if !is {
			return v, nil
		}
		b, err := os.ReadFile(name)
		return strings.TrimSpace(string(b)), err
	}
	var err error
	for _, v := range []*string{&s.RedisURL, &s.ObjectsURL, &s.KEKURI, &s.MailURL, &s.PublicURL, &s.MailFrom, &s.AdminEmails, &s.AlertEmails} {
		if *v, err = read(*v); err != nil {
			return err
		}
	}
	for at, v := range s.Values {
		if s.Values[at], err = read(v); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tool) printSecrets(s cluster.Settings) error {
	services, err := t.services()
	if err != nil {
		return err
	}
	objects, err := cluster.Complete(services, s, nil)
	if err != nil {
		return err
	}
	text, err := cluster.YAML(t.namespace, objects)
	if err == nil {
		_, err = t.Out.Write(text)
	}
	return err
}

func (t *Tool) applySecrets(c *cobra.Command, s cluster.Settings) error {
	services, err := t.services()
	if err != nil {
		return err
	}
	n, _, err := t.Connect(t.namespace)
	if err != nil {
		return err
	}
	results, err := n.Apply(c.Context(), services, s)
	if shown := t.show(results, func(w io.Writer) {
		for _, r := range results {
			fmt.Fprintf(w, "%s/%s %s\n", strings.ToLower(r.Kind), r.Name, r.Outcome)
		}
	}); err == nil {
		err = shown
	}
	return err
}
