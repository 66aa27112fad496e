//go:build e2e

package e2e

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// memory is the working set of each function's own container, as nodes count
// it: of the largest, where there are several.
func (s *suite) memory(b *testing.B) map[string]int64 {
	token := strings.TrimSpace(s.must(b, "kubectl", "-n", bareIn, "create", "token", "measure"))
	addresses := s.must(b, "kubectl", "get", "nodes", "-o", `jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}`)
	used := map[string]int64{}
	for node := range strings.FieldsSeq(addresses) {
		for _, p := range summary(b, node, token).Pods {
			function, _, _ := strings.Cut(p.PodRef.Name, "-")
			for _, c := range p.Containers {
				if c.Name == "user-container" && (p.PodRef.Namespace == namespace || p.PodRef.Namespace == bareIn) {
					used[function] = max(used[function], c.Memory.WorkingSetBytes)
				}
			}
		}
	}
	return used
}

// podStats is what a node tells of its pods.
type podStats struct {
	Pods []struct {
		PodRef     struct{ Name, Namespace string }
		Containers []struct {
			Name   string
			Memory struct{ WorkingSetBytes int64 }
		}
	}
}

// summary asks the kubelet of a node, whose certificate is its own.
func summary(b *testing.B, node, token string) (stats podStats) {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "https://"+node+":10250/stats/summary", nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	client := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	resp, err := client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&stats); err != nil {
		b.Fatalf("what %s says of its pods: %d %v", node, resp.StatusCode, err)
	}
	return stats
}
