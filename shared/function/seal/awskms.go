package seal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// awsKEK is a symmetric key of AWS KMS, used with the credentials of the
// environment: AWS_ACCESS_KEY_ID and its sisters, EKS Pod Identity, or a role
// that the ServiceAccount's token stands for.
type awsKEK struct {
	key, region string
	endpoint    string
	sts         string
	env         func(string) string
	now         func() time.Time
}

var awsKey = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):kms:([a-z0-9-]+):[0-9]{12}:(key|alias)/.+$`)

func openAWS(key string, now func() time.Time) (KEK, error) {
	m := awsKey.FindStringSubmatch(key)
	if m == nil {
		return nil, errors.New("write aws-kms://arn:aws:kms:…:…:key/…")
	}
	domain := ".amazonaws.com"
	if m[1] == "aws-cn" {
		domain += ".cn"
	}
	return awsKEK{key, m[2], "https://kms." + m[2] + domain, "https://sts." + m[2] + domain, os.Getenv, now}, nil
}

// context is what KMS binds a ciphertext to.
func awsContext(associated []byte) map[string]string {
	return map[string]string{"associatedData": hex.EncodeToString(associated)}
}

// EncryptWithContext wraps with the key's newest material.
func (a awsKEK) EncryptWithContext(ctx context.Context, plain, associated []byte) ([]byte, error) {
	var out struct{ CiphertextBlob []byte }
	err := a.call(ctx, "Encrypt", map[string]any{"KeyId": a.key, "Plaintext": plain, "EncryptionContext": awsContext(associated)}, &out)
	return out.CiphertextBlob, err
}

// DecryptWithContext unwraps with whichever material wrapped, of this key only.
func (a awsKEK) DecryptWithContext(ctx context.Context, sealed, associated []byte) ([]byte, error) {
	var out struct{ Plaintext []byte }
	err := a.call(ctx, "Decrypt", map[string]any{"KeyId": a.key, "CiphertextBlob": sealed, "EncryptionContext": awsContext(associated)}, &out)
	return out.Plaintext, err
}

func (a awsKEK) call(ctx context.Context, action string, in map[string]any, out any) error {
	credentials, err := a.credentials(ctx)
	if err != nil {
		return err
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"TrentService." + action}}
	sum := sha256.Sum256(body)
	return ask(ctx, http.MethodPost, a.endpoint+"/", header, body, out, func(r *http.Request) error {
		return v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(sum[:]), "kms", a.region, a.now())
	})
}

// awsCredentials is how both services that give credentials write them.
type awsCredentials struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	Token           string
	SessionToken    string
}

func (c awsCredentials) ready() aws.Credentials {
	return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.Token + c.SessionToken}
}

// credentials are looked for where the SDKs of AWS look, in the same order.
func (a awsKEK) credentials(ctx context.Context) (aws.Credentials, error) {
	if id := a.env("AWS_ACCESS_KEY_ID"); id != "" {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: a.env("AWS_SECRET_ACCESS_KEY"), SessionToken: a.env("AWS_SESSION_TOKEN")}, nil
	}
	if file := a.env("AWS_WEB_IDENTITY_TOKEN_FILE"); file != "" {
		return a.assumeRole(ctx, file)
	}
	if address := a.env("AWS_CONTAINER_CREDENTIALS_FULL_URI"); address != "" {
		token, err := readToken(a.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
		if err != nil {
			return aws.Credentials{}, err
		}
		var c awsCredentials
		err = ask(ctx, http.MethodGet, address, http.Header{"Authorization": {token}}, nil, &c, nil)
		return c.ready(), err
	}
	return aws.Credentials{}, errors.New("seal: there are no credentials of AWS in the environment")
}

// assumeRole exchanges the ServiceAccount's token for credentials of the role.
func (a awsKEK) assumeRole(ctx context.Context, file string) (aws.Credentials, error) {
	token, err := readToken(file)
	if err != nil {
		return aws.Credentials{}, err
	}
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleSessionName": {"paceline"},
		"RoleArn": {a.env("AWS_ROLE_ARN")}, "WebIdentityToken": {token},
	}
	var out struct {
		AssumeRoleWithWebIdentityResponse struct {
			AssumeRoleWithWebIdentityResult struct{ Credentials awsCredentials }
		}
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	err = ask(ctx, http.MethodPost, a.sts+"/", header, []byte(form.Encode()), &out, nil)
	return out.AssumeRoleWithWebIdentityResponse.AssumeRoleWithWebIdentityResult.Credentials.ready(), err
}

func readToken(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("seal: credentials of AWS: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}
