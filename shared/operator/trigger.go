package operator

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"paceline/shared/broker/manifest"
	"paceline/shared/operator/cluster"
)

func (t *Tool) triggerCommand() *cobra.Command {
	change := func(verb, short string, do func(context.Context, cluster.Namespace, manifest.Trigger) error) *cobra.Command {
		return &cobra.Command{
			Use: verb + " NAME", Args: exactly(1), Short: short,
			RunE: func(c *cobra.Command, args []string) error {
				trigger, err := t.trigger(args[0])
				if err != nil {
					return err
				}
				n, _, err := t.Connect(t.namespace)
				if err != nil {
					return err
				}
				if err := do(c.Context(), n, trigger); err != nil {
					return err
				}
				fmt.Fprintf(t.Err, "trigger %s: %sd\n", args[0], verb)
				return nil
			},
		}
	}
	return group("trigger", "Hold what a function hears",
		change("pause", "Let a trigger deliver nothing: the broker tries again for about an hour, then the events are dead letters",
			func(ctx context.Context, n cluster.Namespace, of manifest.Trigger) error {
				return n.Pause(ctx, of.Metadata.Name)
			}),
		change("resume", "Let a trigger deliver as its manifest says", func(ctx context.Context, n cluster.Namespace, of manifest.Trigger) error { return n.Resume(ctx, of) }))
}

// trigger is one that the manifests declare: another could not be resumed.
func (t *Tool) trigger(name string) (manifest.Trigger, error) {
	set, err := t.manifests()
	if err != nil {
		return manifest.Trigger{}, err
	}
	for _, of := range set.Triggers {
		if of.Metadata.Name == name {
			return of, nil
		}
	}
	return manifest.Trigger{}, fmt.Errorf("the manifests declare no trigger %s: see 'kn trigger list -n %s'", name, t.namespace)
}
