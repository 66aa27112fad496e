package operator

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"paceline/shared/function/identity"
	"paceline/shared/function/local"
	"paceline/shared/operator/cluster"
)

// clusterSpread is how long a changed Secret or ConfigMap takes to reach every
// pod: the kubelet looks once a minute, and its cache may be as old again.
const clusterSpread = 2 * time.Minute

func (t *Tool) keyCommand() *cobra.Command {
	var dataDir string
	var spread time.Duration
	var noWait, forget, data, kms bool
	rotate := &cobra.Command{
		Use: "rotate", Args: exactly(0), Short: "Give every part a new signing key, or people's data new keys, without a failed request",
		Long: `Give every part a new signing key, without a failed request.

The new public keys are published first; when every part knows them, the new
keys sign; when the last token of the old keys has ended, these are taken out.
That takes about a quarter of an hour. Events that were signed with an old key
are believed for a week more. The command may be interrupted, and run again: it
goes on where it ended.

With --data it is the keys that people's data are sealed with: the key-encryption
key, the master key and everybody's own. What is written from then on is sealed
with the new ones; what an old backup holds opens no more.`,
		Example: "  kn paceline key rotate\n  kn paceline key rotate --data\n  kn paceline key rotate --data-dir var     # the one-machine platform",
		RunE: func(c *cobra.Command, _ []string) error {
			if dataDir != "" && !c.Flags().Changed("spread") {
				spread = 0
			}
			if data {
				return t.rotateData(c.Context(), dataDir, spread, kms)
			}
			keeper, err := t.keeper(dataDir)
			if err != nil {
				return err
			}
			return t.rotate(c.Context(), keeper, spread, noWait, forget)
		},
	}
	f := rotate.Flags()
	f.StringVar(&dataDir, "data-dir", "", "DATA_DIR of a one-machine platform, instead of a cluster")
	f.DurationVar(&spread, "spread", clusterSpread, "how long a changed Secret takes to reach every pod (0 on one machine)")
	f.BoolVar(&data, "data", false, "the keys that people's data are sealed with, instead of the signing keys")
	f.BoolVar(&kms, "kms", false, "with --data: KEK_URI names a KMS, which rotates its key by itself")
	f.BoolVar(&noWait, "no-wait", false, "make the step whose time has come and end; a later run makes the next")
	f.BoolVar(&forget, "forget", false, "an old key was stolen: believe no event that it signed, though some under way become dead letters")
	return group("key", "Signing keys, and the keys of people's data", rotate)
}

func (t *Tool) keeper(dataDir string) (identity.Keeper, error) {
	if dataDir != "" {
		return local.OpenRotator(filepath.Join(dataDir, "keys"))
	}
	n, _, err := t.Connect(t.namespace)
	return cluster.Keys{Namespace: n}, err
}

func (t *Tool) rotate(ctx context.Context, k identity.Keeper, spread time.Duration, noWait, forget bool) error {
	for {
		p, err := identity.Rotate(ctx, k, t.Now(), spread, forget)
		if err != nil {
			return err
		}
		if !p.Done {
			fmt.Fprintf(t.Err, "%s; the next step is in %v\n", said[p.Stage], p.Wait.Round(time.Second))
		}
		if p.Done || noWait {
			return t.show(p, func(w io.Writer) {
				if p.Done {
					fmt.Fprintf(w, "rotated: %d parts have new keys\n", len(p.Keys))
				}
			})
		}
		if err := t.Sleep(ctx, p.Wait); err != nil {
			return fmt.Errorf("%w: run the command again to go on", err)
		}
	}
}

var said = map[identity.Stage]string{
	identity.Published: "the new public keys are published, the old keys sign",
	identity.Switched:  "the new keys sign, the old public keys are still known",
}
