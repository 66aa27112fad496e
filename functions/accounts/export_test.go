package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"sync/atomic"

	"paceline/shared/function"
)

// OpenCounted opens the function with hashes that cost nothing, and counts them.
func OpenCounted(hashes *atomic.Int64) function.Opener {
	return func(_ context.Context, e function.Env) (*function.Function, error) {
		f, base, err := open(e)
		if err != nil {
			return nil, err
		}
		f.hasher.derive = func(password, salt []byte, _, _ uint32, _ uint8, _ uint32) []byte {
			hashes.Add(1)
			h := hmac.New(sha256.New, salt)
			h.Write(password)
			return h.Sum(nil)
		}
		return base.Function(f.routes(base)), nil
	}
}
