package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"paceline/shared/audit"
	"paceline/shared/function/identity"
)

// anchorLate is after how long an entry without an anchor is amiss: one is due
// after an hour, and the watch looks each ten minutes.
const anchorLate = 2 * time.Hour

func (t *Tool) auditCommand() *cobra.Command {
	var known, dataDir string
	verify := &cobra.Command{
		Use: "verify", Args: exactly(0), Short: "Hold the audit log to its chain, to its anchors, and to a head that was noted before",
		Long: `Hold the audit log to its chain, to its anchors, and to a head that was noted before.

Each entry holds the hash of the one before it. Each hour in which something was
added, and each hundred entries, the watch signs the head of the log and keeps
that among the objects. The first line that is not as it was is named: one that was
altered, removed, put in or moved, an end that was cut, a log that was written
anew. The keys that the signature is held to are the cluster's (KUBECONFIG), or
those of --data-dir: never what the platform itself says.`,
		Example: "  kn paceline audit verify\n  kn paceline audit verify --data-dir var     # the one-machine platform",
		RunE: func(c *cobra.Command, _ []string) error {
			noted, err := witness(known)
			if err != nil {
				return usageError{err}
			}
			keeper, err := t.keeper(dataDir)
			if err != nil {
				return fmt.Errorf("%w: without keys nobody can say who signed: name the cluster by KUBECONFIG, or a one-machine platform by --data-dir", err)
			}
			return t.verifyAudit(c.Context(), keysOf(keeper), noted)
		},
	}
	verify.Flags().StringVar(&known, "head", "", "the head that an earlier run printed")
	verify.Flags().StringVar(&dataDir, "data-dir", "", "DATA_DIR of a one-machine platform, instead of a cluster")
	return group("audit", "The log of who used which power", verify)
}

// witness is a head that was noted; nobody when there is none.
func witness(head string) ([]audit.Witness, error) {
	if head == "" {
		return nil, nil
	}
	number, hash, ok := strings.Cut(head, ":")
	sequence, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || sequence < 1 {
		return nil, errors.New("--head wants what an earlier run printed, NUMBER:HASH")
	}
	return []audit.Witness{{Name: "--head", Sequence: sequence, Hash: strings.ToLower(hash)}}, nil
}

// keysOf is the public keys that a keeper has.
func keysOf(k identity.Keeper) identity.KeySource {
	return func(ctx context.Context) ([]byte, error) {
		set, err := k.KeySet(ctx)
		if err != nil {
			return nil, err
		}
		return set.Document()
	}
}

// verifyAudit holds the log to what it says of itself and to who remembers it.
func (t *Tool) verifyAudit(ctx context.Context, keys identity.KeySource, witnesses []audit.Witness) error {
	var anchors []audit.Anchor
	err := eachPage(ctx, t, "/v1/admin/audit/anchors", func(page []audit.Anchor) error {
		anchors = append(anchors, page...)
		return nil
	})
	if err == nil {
		err = audit.VerifyAnchors(anchors)
	}
	if err != nil {
		return err
	}
	var last audit.Anchor
	for _, last = range anchors {
		witnesses = append(witnesses, last.Witness())
	}
	if last.Number > 0 {
		if err := signed(ctx, last, identity.NewAnchorVerifier(keys, t.Now)); err != nil {
			return err
		}
	}
	walk := audit.NewWalk(audit.Entry{}, witnesses...)
	var fresh *audit.Entry // the first that no anchor remembers
	err = eachPage(ctx, t, "/v1/admin/audit", func(page []audit.Entry) error {
		if i := slices.IndexFunc(page, func(e audit.Entry) bool { return e.Sequence > last.Sequence }); i >= 0 && fresh == nil {
			fresh = &page[i]
		}
		return walk.Page(page)
	})
	if err == nil {
		err = walk.End()
	}
	if err != nil {
		return err
	}
	if fresh != nil && t.Now().Sub(fresh.Record.At) > anchorLate {
		return &audit.Broken{Line: "anchor", Sequence: last.Number + 1, What: fmt.Sprintf(
			"it is missing: entry %d is of %s and none remembers it. Anchors were taken away, or the watch is silent: kn paceline doctor", fresh.Sequence, fresh.Record.At.Format(time.RFC3339))}
	}
	fmt.Fprintf(t.Out, "whole: %d entries, %d anchors\nhead: %d:%s\n", walk.Head.Sequence, len(anchors), walk.Head.Sequence, walk.Head.Hash)
	return nil
}

// signed is whether the watch has signed an anchor, and with it all before.
func signed(ctx context.Context, a audit.Anchor, keys *identity.AnchorVerifier) error {
	digest, err := a.Digest()
	if err == nil {
		err = keys.Anchor(ctx, digest, a.Signature)
	}
	if err != nil {
		return fmt.Errorf("%w (%w)", &audit.Broken{Line: "anchor", Sequence: a.Number, What: "the watch has not signed it"}, err)
	}
	return nil
}
