package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// A KMS is spoken to over its HTTPS API: two calls of it are all that is needed,
// once a process, and its client would be larger than a whole function.

// kmsClient ends a call that lasts: what is sealed cannot be had meanwhile.
var kmsClient = &http.Client{Timeout: 10 * time.Second}

// maxKMSAnswer bounds an answer; a wrapped master has a few hundred bytes.
const maxKMSAnswer = 1 << 20

// ask makes a request whose answer is JSON.
func ask(ctx context.Context, method, url string, header http.Header, body []byte, out any, sign func(*http.Request) error) error {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	req.Header = header
	if sign != nil {
		if err := sign(req); err != nil {
			return err
		}
	}
	resp, err := kmsClient.Do(req)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxKMSAnswer))
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("seal: %s answered %d: %.300s", req.URL.Host, resp.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("seal: answer of %s: %w", req.URL.Host, err)
	}
	return nil
}
