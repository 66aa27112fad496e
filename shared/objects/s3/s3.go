package s3

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"paceline/shared/objects"
	"paceline/shared/objects/internal/payload"
)

// Driver opens s3://bucket with the credentials of the AWS SDK's default chain.
var Driver = driver(nil)

// WithKeys is Driver with credentials of its own, for tests.
func WithKeys(access, secret string) objects.Driver {
	return driver(credentials.NewStaticCredentialsProvider(access, secret, ""))
}

const (
	tries       = 4
	longestWait = 2 * time.Second // between two tries
	dialTime    = 3 * time.Second
)

func driver(keys aws.CredentialsProvider) objects.Driver {
	return objects.Driver{
		Scheme: "s3", Params: []string{"endpoint", "region", objects.CAFile},
		Open: func(l objects.Location) (objects.Store, error) {
			bucket, prefix, err := l.Cloud()
			if err != nil {
				return nil, err
			}
			s := &store{bucket: bucket, patience: payload.Patience}
			s.http = awshttp.NewBuildableClient().
				WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTime }).
				WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost, err = 32, l.Trust(t) })
			if s.http.GetTransport(); err != nil {
				return nil, err
			}
			s.client = sync.OnceValues(func() (*s3.Client, error) { return connect(s.http, keys, l.Params) })
			return objects.Sub(s, prefix), nil
		},
	}
}

// store implements objects.Store.
type store struct {
	bucket   string
	patience time.Duration
	http     *awshttp.BuildableClient
	client   func() (*s3.Client, error)
}

// connect reads the SDK's configuration; it sends nothing.
func connect(client *awshttp.BuildableClient, keys aws.CredentialsProvider, params map[string]string) (*s3.Client, error) {
	endpoint, region := params["endpoint"], params["region"]
	if endpoint != "" && region == "" {
		region = "us-east-1" // such servers ignore it, but it is part of a signature
	}
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(client),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = tries, longestWait })
		}),
		// Put and Get have a SHA-256 of their own; not every server knows the newer checksums.
		config.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenRequired),
		config.WithResponseChecksumValidation(aws.ResponseChecksumValidationWhenRequired),
	}
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	if keys != nil {
		options = append(options, config.WithCredentialsProvider(keys))
	}
	cfg, err := config.LoadDefaultConfig(context.Background(), options...)
	if err != nil {
		return nil, err
	}
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		if endpoint != "" {
			o.BaseEndpoint, o.UsePathStyle = aws.String(endpoint), true
		}
	}), nil
}

// Close gives back idle connections.
func (s *store) Close() error {
	s.http.GetTransport().CloseIdleConnections()
	return nil
}
