package cluster

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// maxLog bounds what is read of a container's log.
const maxLog = 64 << 10

// Logs reads the last lines of a container's log: of the one that runs, or of
// the one before it.
type Logs func(ctx context.Context, pod, container string, previous bool) (string, error)

// Connect opens the cluster that KUBECONFIG (or ~/.kube/config, or the pod's own
// account) names. It asks nothing of it yet.
func Connect(namespace string) (Namespace, Logs, error) {
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		clientcmd.NewDefaultClientConfigLoadingRules(), &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return Namespace{}, nil, fmt.Errorf("KUBECONFIG: %w", err)
	}
	config.QPS, config.Burst, config.Timeout = 50, 100, 15*time.Second
	config.UserAgent = "kn-paceline"
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return Namespace{}, nil, fmt.Errorf("KUBECONFIG: %w", err)
	}
	logs, err := logsOf(config, cmp.Or(namespace, DefaultNamespace))
	if err != nil {
		return Namespace{}, nil, fmt.Errorf("KUBECONFIG: %w", err)
	}
	return Namespace{client, cmp.Or(namespace, DefaultNamespace)}, logs, nil
}

// logsOf asks for logs over plain HTTP: the one thing for which there is no
// dynamic client, and the typed one would link every type of Kubernetes.
func logsOf(config *rest.Config, namespace string) (Logs, error) {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, pod, container string, previous bool) (string, error) {
		u := base.JoinPath("api/v1/namespaces", namespace, "pods", pod, "log")
		u.RawQuery = url.Values{"container": {container}, "previous": {strconv.FormatBool(previous)}, "limitBytes": {strconv.Itoa(maxLog)}}.Encode()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return "", err
		}
		resp, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(io.LimitReader(resp.Body, maxLog))
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("log of %s: %s: %s", pod, resp.Status, strings.TrimSpace(string(text)))
		}
		return string(text), err
	}, nil
}
