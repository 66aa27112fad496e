package function

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/caarlos0/env/v11"
)

// Env is where a function's settings come from. Tests and the one-process
// platform give each function its own.
type Env struct {
	Vars map[string]string
	Log  *slog.Logger
	Now  func() time.Time
}

// Parse reads the variables that T's env tags name. Its error names every
// variable that is missing or bad.
func Parse[T any](e Env) (T, error) {
	c, err := env.ParseAsWithOptions[T](env.Options{Environment: e.Vars})
	if err != nil {
		return c, fmt.Errorf("configuration: %w", err)
	}
	return c, nil
}

// IdentityConfig is what every function reads.
type IdentityConfig struct {
	// SigningKeyFile is the function's own Ed25519 key (PKCS #8 PEM). It is read
	// again, so that a rotation needs no restart.
	SigningKeyFile string `env:"IDENTITY_KEY_FILE,notEmpty,required"`
	// KeysFile is the JWKS file with the public keys of all parts. It is read
	// again when an unknown key turns up.
	KeysFile string `env:"IDENTITY_JWKS_FILE,notEmpty,required"`
	// ClusterIssuer is the issuer of a cluster's ServiceAccount tokens. Where it
	// is set, deliveries carry those, and not the tokens of our own broker.
	ClusterIssuer string `env:"CLUSTER_ISSUER"`
	// ClusterKeysFile is the cluster's JWKS; it is read again as KeysFile is.
	ClusterKeysFile string `env:"CLUSTER_JWKS_FILE"`
}

// StateConfig is what every function with a state reads.
type StateConfig struct {
	IdentityConfig
	// RedisURL is the store of the function: redis://, rediss://, unix://,
	// redis-cluster:// or rediss-cluster://, with the function's own user.
	RedisURL string `env:"REDIS_URL,notEmpty,required"`
	// RedisCAFile is who may vouch for a store with TLS, in place of the
	// system's authorities (PEM).
	RedisCAFile string `env:"REDIS_CA_FILE"`
	// RedisCertFile and RedisKeyFile are the function's own certificate, for a
	// store that asks for one (PEM).
	RedisCertFile string `env:"REDIS_CERT_FILE"`
	RedisKeyFile  string `env:"REDIS_KEY_FILE"`
	// SinkURL is the ingress of the broker, injected by a SinkBinding.
	SinkURL string `env:"K_SINK,notEmpty,required"`
	// SinkTokenFile is a projected token of the function's ServiceAccount, for
	// the broker of a cluster. Without it the function signs for our own broker.
	SinkTokenFile string `env:"SINK_TOKEN_FILE"`
	// SinkCACerts are CAs (PEM) that the broker's certificate may come from, in
	// addition to the system's, injected by a SinkBinding.
	SinkCACerts string `env:"K_CA_CERTS"`
	// SinkOverrides are attributes for every event, injected by a SinkBinding.
	SinkOverrides string `env:"K_CE_OVERRIDES" envDefault:"{}"`
}

// Config is what every function reads that keeps what is known of people.
type Config struct {
	StateConfig
	// KEK is the key that everything sealed depends on: file:///…, a keyset in a
	// file, aws-kms://… or gcp-kms://…. It is used at the first need.
	KEK string `env:"KEK_URI,notEmpty,required"`
}
