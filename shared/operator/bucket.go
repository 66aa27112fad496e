package operator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"paceline/shared/objects"
)

func (t *Tool) bucketPolicyCommand() *cobra.Command {
	var address, principal string
	c := &cobra.Command{
		Use: "bucket-policy", Args: exactly(0), Short: "Write the policy of the bucket: which function may touch what",
		Long: `Write the policy of the bucket: which function may touch what.

For s3:// it is a bucket policy, which also refuses everything in clear; for
gs:// it is the bindings of an IAM policy, whose conditions want uniform
bucket-level access. {function} in --principal becomes each function's name.`,
		Example: `  kn paceline bucket-policy --objects-url s3://paceline --principal 'arn:aws:iam::123456789012:user/paceline-{function}' > policy.json
  kn paceline bucket-policy --objects-url gs://paceline --principal 'serviceAccount:paceline-{function}@project.iam.gserviceaccount.com'`,
		RunE: func(*cobra.Command, []string) error {
			if !strings.Contains(principal, "{function}") {
				return usageError{errors.New("--principal wants {function} in it: each function has credentials of its own")}
			}
			u, err := url.Parse(address)
			if err != nil || u.Host == "" {
				return usageError{errors.New("--objects-url is not of the form s3://bucket or gs://bucket")}
			}
			text, err := fs.ReadFile(t.Manifests, "objects.json")
			if err != nil {
				return err
			}
			var all []objects.Access
			if err := json.Unmarshal(text, &all); err != nil {
				return fmt.Errorf("objects.json: %w", err)
			}
			policy, err := policyOf(u, all, func(function string) string { return strings.ReplaceAll(principal, "{function}", function) })
			if err != nil {
				return usageError{err}
			}
			e := json.NewEncoder(t.Out)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			return e.Encode(policy)
		},
	}
	c.Flags().StringVar(&address, "objects-url", "", "address of the object store, as the functions have it")
	c.Flags().StringVar(&principal, "principal", "", "who a function is to the store; {function} becomes its name")
	return c
}

func policyOf(u *url.URL, all []objects.Access, who func(string) string) (any, error) {
	prefix := strings.Trim(u.Path, "/")
	switch u.Scheme {
	case "s3":
		return objects.PolicyOf(u.Host, prefix, all, who), nil
	case "gs":
		return map[string]any{"bindings": objects.BindingsOf(u.Host, prefix, all, who)}, nil
	}
	return nil, errors.New("--objects-url: only s3:// and gs:// have policies")
}
