package identity

import (
	"context"
	"time"

	"paceline/shared/function/fault"
)

// AnchorTokenType is the type of the token that an anchor of the audit log
// carries.
const AnchorTokenType = "anchor+jwt"

// AnchorTTL is how long an anchor holds: for as long as anybody asks. It opens
// nothing to whoever has it.
const AnchorTTL = 10 * 365 * 24 * time.Hour

// audienceAudit is the audience of anchors: whoever verifies the audit log.
const audienceAudit = "paceline-audit"

// keeper keeps the audit log.
const keeper = "watch"

// AnchorToken is what an anchor of the audit log with this digest is vouched for
// with.
func (s *Signer) AnchorToken(digest string) (string, error) {
	c := s.claims(digest, audienceAudit, AnchorTTL)
	c.Digest = digest
	return s.sign(AnchorTokenType, c)
}

// AnchorVerifier checks the tokens of anchors.
type AnchorVerifier struct{ tokens *Verifier }

// NewAnchorVerifier accepts anchors of the watch by any key of it that source
// has: one that was replaced within the last week, too, as for events.
func NewAnchorVerifier(source KeySource, now func() time.Time) *AnchorVerifier {
	v := NewVerifier(AnchorTokenType, audienceAudit, []string{keeper}, source, now)
	v.keys.events = true
	return &AnchorVerifier{v}
}

// Anchor checks that token vouches for digest. The error is a *fault.Error: 401
// when it does not, 503 when that cannot be said now.
func (v *AnchorVerifier) Anchor(ctx context.Context, digest, token string) error {
	signed, err := v.tokens.Verify(ctx, token)
	if err != nil {
		return err
	}
	if signed.digest != digest {
		return fault.Unauthorized("anchor_forged", "the anchor is not the one that was signed")
	}
	return nil
}
