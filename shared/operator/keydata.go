package operator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"paceline/shared/api"
	"paceline/shared/function/local"
	"paceline/shared/function/seal"
	"paceline/shared/operator/cluster"
)

// kekKeeper changes the file of the key-encryption key.
type kekKeeper interface {
	UpdateKEK(ctx context.Context, change func(doc []byte) ([]byte, error)) error
}

// rotateData gives the key-encryption key, the master and everybody new keys.
// Each step may be made again.
func (t *Tool) rotateData(ctx context.Context, dataDir string, spread time.Duration, kms bool) error {
	keeper, err := t.kekKeeper(dataDir, kms)
	if err != nil {
		return err
	}
	if err := keeper.UpdateKEK(ctx, seal.AddKEK); err != nil {
		return err
	}
	if !kms && spread > 0 {
		fmt.Fprintf(t.Err, "the new key-encryption key is on its way to every function; the next step is in %v\n", spread)
		if err := t.Sleep(ctx, spread); err != nil {
			return fmt.Errorf("%w: run the command again to go on", err)
		}
	}
	rotated, err := t.rotatePeople(ctx)
	if err != nil {
		return fmt.Errorf("%w: run the command again to go on", err)
	}
	if err := keeper.UpdateKEK(ctx, seal.TrimKEK); err != nil {
		return err
	}
	return t.show(rotated, func(w io.Writer) { fmt.Fprintf(w, "rotated: %d people have new keys\n", rotated.People) })
}

// rotatePeople asks for step after step until everybody has new keys.
func (t *Tool) rotatePeople(ctx context.Context) (step api.KeyRotation, err error) {
	for {
		if err := t.call(ctx, http.MethodPost, "/v1/admin/keys/rotate", &step); err != nil || step.Done {
			return step, err
		}
		if step.WaitS == 0 {
			continue
		}
		wait := time.Duration(step.WaitS) * time.Second
		fmt.Fprintf(t.Err, "there is a new master key; the next step is in %v\n", wait)
		if err := t.Sleep(ctx, wait); err != nil {
			return step, err
		}
	}
}

func (t *Tool) kekKeeper(dataDir string, kms bool) (kekKeeper, error) {
	switch {
	case kms:
		return noKEK{}, nil
	case dataDir != "":
		return local.OpenRotator(filepath.Join(dataDir, "keys"))
	}
	n, _, err := t.Connect(t.namespace)
	return cluster.Keys{Namespace: n}, err
}

// noKEK is a key-encryption key that is not ours to change.
type noKEK struct{}

func (noKEK) UpdateKEK(context.Context, func([]byte) ([]byte, error)) error { return nil }
