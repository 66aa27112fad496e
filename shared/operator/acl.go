package operator

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"paceline/shared/operator/cluster"
)

func (t *Tool) aclCommand() *cobra.Command {
	var file, admin string
	c := &cobra.Command{
		Use: "acl", Args: exactly(0), Short: "Write the ACL file of Redis: the functions, and what each may do",
		Long: `Write the ACL file of Redis: the functions, and what each may do.

What they may do is what their code declares; their passwords (as hashes) are
those of the Secret paceline-redis, which 'kn paceline secrets' makes. The
default user is off. Give the file to redis-server as its aclfile, or its lines
to your provider; every node of a Redis Cluster wants it.`,
		Example: `  kn paceline acl --admin root:@root-password > users.acl
  kn paceline secrets --dry-run … | kn paceline acl -f -`,
		RunE: func(c *cobra.Command, _ []string) error {
			lines, err := fs.ReadFile(t.Manifests, "redis.acl")
			if err != nil {
				return err
			}
			line, err := adminLine(admin)
			if err != nil {
				return usageError{err}
			}
			addresses, err := t.redisURLs(c, file)
			if err != nil {
				return err
			}
			users, err := cluster.Users(string(lines), addresses)
			if err != nil {
				return err
			}
			_, err = io.WriteString(t.Out, users+line)
			return err
		},
	}
	c.Flags().StringVarP(&file, "filename", "f", "", "what 'kn paceline secrets --dry-run' wrote (- is standard input), instead of what the cluster has")
	c.Flags().StringVar(&admin, "admin", "", "NAME:@FILE, a user who may do everything; without one nobody can change anything but the file")
	return c
}

func adminLine(admin string) (string, error) {
	if admin == "" {
		return "", nil
	}
	name, file, ok := strings.Cut(admin, ":@")
	if !ok {
		return "", errors.New("--admin wants NAME:@FILE: a password on a command line is seen by others")
	}
	password, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	return cluster.Admin(name, strings.TrimSpace(string(password)))
}

func (t *Tool) redisURLs(c *cobra.Command, file string) (map[string]string, error) {
	if file != "" {
		text, err := t.readFile(file)
		if err != nil {
			return nil, usageError{err}
		}
		return cluster.RedisURLsIn(text)
	}
	n, _, err := t.Connect(t.namespace)
	if err != nil {
		return nil, err
	}
	return n.RedisURLs(c.Context())
}

// readFile reads a file, or standard input where it is -.
func (t *Tool) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(t.In)
	}
	return os.ReadFile(name)
}
