package cluster

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// maxRaw bounds an answer that is no object, such as a container's log.
const maxRaw = 64 << 10

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
	raw, err := rawOf(config)
	if err != nil {
		return Namespace{}, nil, fmt.Errorf("KUBECONFIG: %w", err)
	}
	namespace = cmp.Or(namespace, DefaultNamespace)
	return Namespace{client, namespace, raw}, logsOf(raw, namespace), nil
}

// rawOf asks for what is no object over plain HTTP: there is no dynamic client
// for it, and the typed one would link every type of Kubernetes.
func rawOf(config *rest.Config) (Raw, error) {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, path string) ([]byte, error) {
		u, err := base.Parse(path)
		if err != nil {
			return nil, err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return nil, err
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(io.LimitReader(resp.Body, maxRaw))
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s: %s", u.Path, resp.Status, strings.TrimSpace(string(text)))
		}
		return text, err
	}, nil
}

func logsOf(raw Raw, namespace string) Logs {
	return func(ctx context.Context, pod, container string, previous bool) (string, error) {
		u := url.URL{Path: "/" + path.Join("api/v1/namespaces", namespace, "pods", pod, "log")}
		u.RawQuery = url.Values{"container": {container}, "previous": {strconv.FormatBool(previous)}, "limitBytes": {strconv.Itoa(maxRaw)}}.Encode()
		text, err := raw(ctx, u.String())
		return string(text), err
	}
}
