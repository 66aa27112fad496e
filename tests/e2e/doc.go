// Package e2e proves the platform on a real cluster: `make e2e`, or
// go test -tags e2e ./tests/e2e.
//
// It wants
//
//	KUBECONFIG           a cluster with Knative Serving and Eventing 0.50 that is
//	                     there for tests: its Eventing is told to authenticate
//	                     and to allow nobody, its autoscaler to let go soon
//	KO_DOCKER_REPO       a registry that the cluster pulls from
//	KO_DEFAULTBASEIMAGE  an image with CA certificates
//	CLUSTER_URL          where the cluster's ingress is, for requests with a Host
//	E2E_NODE             the address of this machine for pods, as in
//	                     clusters/local/network.yaml; 10.88.0.1 without it
//	CLUSTER_INTERNAL_URL where this machine reaches the cluster's own names, for
//	                     `make bench-cluster`; port 8081 of E2E_NODE without it
//
// and kubectl, kn, redis-server and Go on PATH. It starts Redis, an S3 server
// and a mail server on E2E_NODE, as a provider would, deploys clusters/local
// into the namespace paceline, which must not be there, and takes it away.
//
// The tests are the parts of one: they share the cluster and go in order.
package e2e
