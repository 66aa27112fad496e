//go:build e2e

package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"paceline/shared/tlstest"
)

const (
	tlsPort = "8443" // of clusters/local-tls
	// certificateClass is of the certificates that Serving asks for and the
	// suite, in place of cert-manager, makes.
	certificateClass = "e2e.certificate.networking.knative.dev"
	// dataPlane is a name that every queue-proxy and activator has.
	dataPlane = "data-plane.knative.dev"
	bundle    = "paceline-e2e"
)

// servers of Knative and the Secrets with their certificates.
var servers = map[string][]string{ // Secret → the names it is for
	"knative-serving/routing-serving-certs":         {dataPlane, "kn-routing"},
	"knative-eventing/mt-broker-ingress-server-tls": ofEventing("broker-ingress"),
	"knative-eventing/mt-broker-filter-server-tls":  ofEventing("broker-filter"),
	"knative-eventing/imc-dispatcher-server-tls":    ofEventing("imc-dispatcher"),
}

func ofEventing(service string) []string {
	name := service + ".knative-eventing.svc"
	return []string{name, name + ".cluster.local"}
}

// encryption is Knative's own on a cluster that has neither cert-manager nor an
// ingress with TLS: the suite is both.
type encryption struct {
	s         *suite
	authority *tlstest.Authority
	pool      *x509.CertPool
	routes    atomic.Pointer[map[string]route] // by host
	mu        sync.Mutex
	made      map[string]*tls.Certificate // by name
}

// route is the Service behind a host, and what it is to be told.
type route struct {
	address string
	headers map[string]string
}

// encrypt turns Knative's encryption on until the test ends.
func (s *suite) encrypt(t testing.TB) *encryption {
	t.Helper()
	a, err := tlstest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	e := &encryption{s: s, authority: a, pool: x509.NewCertPool(), made: map[string]*tls.Certificate{}}
	e.pool.AppendCertsFromPEM(a.PEM)
	for secret, names := range servers {
		namespace, name, _ := strings.Cut(secret, "/")
		if err := e.makeSecret(t, namespace, name, names); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = s.run(t, "", "kubectl", "-n", namespace, "delete", "secret", name) })
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, a.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	s.must(t, "kubectl", "-n", "knative-eventing", "create", "configmap", bundle, "--from-file=ca.crt="+ca)
	s.must(t, "kubectl", "-n", "knative-eventing", "label", "configmap", bundle, "networking.knative.dev/trust-bundle=true")
	t.Cleanup(func() { _, _ = s.run(t, "", "kubectl", "-n", "knative-eventing", "delete", "configmap", bundle) })
	s.stores.transportCA = ca

	e.serve(t)
	s.setEncryption(t, `"Enabled"`, `"strict"`, `"`+certificateClass+`"`, 8443)
	t.Cleanup(func() { s.setEncryption(t, "null", `"disabled"`, "null", 0) })
	s.ingress = "https://" + net.JoinHostPort(s.node, tlsPort)
	s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: e.pool, ServerName: s.host, MinVersion: tls.VersionTLS12}}}
	return e
}

// setEncryption tells Serving and Eventing. The activator reads it at its start.
func (s *suite) setEncryption(t testing.TB, serving, eventing, class string, port int) {
	t.Helper()
	s.must(t, "kubectl", "-n", "knative-serving", "patch", "configmap", "config-network", "--type", "merge",
		"-p", fmt.Sprintf(`{"data":{"cluster-local-domain-tls":%s,"system-internal-tls":%s,"certificate-class":%s}}`, serving, serving, class))
	s.must(t, "kubectl", "-n", "knative-eventing", "patch", "configmap", "config-features", "--type", "merge",
		"-p", fmt.Sprintf(`{"data":{"transport-encryption":%s}}`, eventing))
	ports := []map[string]any{{"name": "http2", "port": 80, "targetPort": 8081}}
	ends := []map[string]any{{"name": "http2", "port": 8081, "protocol": "TCP"}}
	if port != 0 {
		ports = append(ports, map[string]any{"name": "https", "port": 443, "targetPort": port})
		ends = append(ends, map[string]any{"name": "https", "port": port, "protocol": "TCP"})
	}
	for object, patch := range map[string]any{"service": map[string]any{"spec": map[string]any{"ports": ports}}, "endpointslice": map[string]any{"ports": ends}} {
		b, err := json.Marshal(patch)
		if err != nil {
			t.Fatal(err)
		}
		s.must(t, "kubectl", "-n", "knative-ingress", "patch", object, "local-gateway", "--type", "merge", "-p", string(b))
	}
	s.must(t, "kubectl", "-n", "knative-serving", "rollout", "restart", "deployment", "activator")
	s.must(t, "kubectl", "-n", "knative-eventing", "rollout", "restart", "deployment", "mt-broker-ingress", "mt-broker-filter", "imc-dispatcher")
	s.must(t, "kubectl", "-n", "knative-serving", "rollout", "status", "deployment", "activator", "--timeout", "180s")
	s.must(t, "kubectl", "-n", "knative-eventing", "rollout", "status", "deployment", "--timeout", "180s")
}

// makeSecret makes a Secret with a certificate and who vouches for it.
func (e *encryption) makeSecret(t testing.TB, namespace, name string, names []string) error {
	certificate, key, err := e.authority.Issue(nil, names...)
	if err != nil {
		return err
	}
	b, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": map[string]any{"name": name, "namespace": namespace},
		"data": map[string][]byte{"tls.crt": certificate, "tls.key": key, "ca.crt": e.authority.PEM},
	})
	if err != nil {
		return err
	}
	_, err = e.s.run(t, string(b), "kubectl", "apply", "--server-side", "--force-conflicts", "-f", "-")
	return err
}

// resource is what Serving asks an ingress and a maker of certificates for, and
// the Services behind.
type resource struct {
	Kind     string
	Metadata struct {
		Name, Namespace string
		Generation      int64
		Annotations     map[string]string
	}
	Spec struct {
		ClusterIP  string
		DNSNames   []string
		SecretName string
		Rules      []struct {
			Hosts []string
			HTTP  struct {
				Paths []struct {
					AppendHeaders map[string]string
					Splits        []struct {
						ServiceName, ServiceNamespace string
						AppendHeaders                 map[string]string
					}
				}
			}
		}
	}
	Status struct {
		ObservedGeneration int64
	}
}

// serve is the ingress, and follows what Serving asks for, until the test ends.
func (e *encryption) serve(t testing.TB) {
	t.Helper()
	e.routes.Store(&map[string]route{})
	l, err := tls.Listen("tcp", net.JoinHostPort(e.s.node, tlsPort), &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: e.certificate})
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			to := (*e.routes.Load())[p.In.Host]
			p.SetURL(&url.URL{Scheme: "https", Host: to.address})
			p.Out.Host = p.In.Host
			for name, value := range to.headers {
				p.Out.Header.Set(name, value)
			}
			p.SetXForwarded()
		},
		FlushInterval: -1,
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: e.pool, ServerName: dataPlane, MinVersion: tls.VersionTLS13},
			MaxIdleConnsPerHost: 64, DisableCompression: true,
		},
		ErrorLog: log.New(os.Stderr, "ingress of the suite: ", 0),
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (*e.routes.Load())[r.Host].address == "" {
			http.Error(w, "no route for "+r.Host, http.StatusNotFound)
			return
		}
		proxy.ServeHTTP(w, r)
	}), ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(os.Stderr, "ingress of the suite: ", 0)}
	go func() { _ = server.Serve(l) }() // it ends by Close
	stop := make(chan struct{})
	var following sync.WaitGroup
	following.Go(func() {
		for {
			e.follow(t)
			select {
			case <-stop:
				return
			case <-time.After(time.Second):
			}
		}
	})
	t.Cleanup(func() {
		close(stop)
		following.Wait()
		_ = server.Close()
	})
}

// certificate is one for the name that a client asks for.
func (e *encryption) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	name := hello.ServerName
	if e.made[name] == nil {
		certificate, key, err := e.authority.Issue(nil, name)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(certificate, key)
		if err != nil {
			return nil, err
		}
		e.made[name] = &pair
	}
	return e.made[name], nil
}

// grant makes a certificate that Serving asks for.
func (e *encryption) grant(t testing.TB, r resource) error {
	if err := e.makeSecret(t, r.Metadata.Namespace, r.Spec.SecretName, r.Spec.DNSNames); err != nil {
		return err
	}
	_, err := e.s.run(t, "", "kubectl", "-n", r.Metadata.Namespace, "patch", "certificates.networking.internal.knative.dev", r.Metadata.Name, "--subresource=status", "--type=merge",
		"-p", fmt.Sprintf(`{"status":{"observedGeneration":%d,"conditions":[{"type":"Ready","status":"True","lastTransitionTime":%q}]}}`, r.Metadata.Generation, time.Now().UTC().Format(time.RFC3339)))
	return err
}

// follow makes the certificates that are asked for, and learns the routes.
func (e *encryption) follow(t testing.TB) {
	out, err := e.s.run(t, "", "kubectl", "get", "-A", "-o", "json",
		"ingresses.networking.internal.knative.dev,certificates.networking.internal.knative.dev,services")
	if err != nil {
		t.Log(err)
		return
	}
	var list struct{ Items []resource }
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Error(err)
		return
	}
	addresses, routes := map[string]string{}, map[string]route{}
	for _, r := range list.Items {
		if r.Kind == "Service" {
			addresses[r.Metadata.Namespace+"/"+r.Metadata.Name] = r.Spec.ClusterIP
		}
	}
	for _, r := range list.Items {
		switch r.Kind {
		case "Ingress":
			for _, rule := range r.Spec.Rules {
				for _, path := range rule.HTTP.Paths {
					for _, split := range path.Splits { // nothing is split here: the newest revision has it all
						to := route{net.JoinHostPort(addresses[split.ServiceNamespace+"/"+split.ServiceName], "443"), map[string]string{}}
						maps.Copy(to.headers, path.AppendHeaders)
						maps.Copy(to.headers, split.AppendHeaders)
						for _, host := range rule.Hosts {
							routes[host] = to
						}
					}
				}
			}
		case "Certificate":
			if r.Metadata.Annotations["networking.knative.dev/certificate.class"] == certificateClass && r.Status.ObservedGeneration != r.Metadata.Generation {
				if err := e.grant(t, r); err != nil {
					t.Error(err)
				}
			}
		}
	}
	e.routes.Store(&routes)
}
