// Package manifests holds what a cluster is told to what a cluster takes: the
// Go types, webhooks and CRD schemas of the Knative releases in go.mod, the Pod
// Security Standards of Kubernetes, and the rules of this house.
//
//	in    knative/ as it stands and each folder of clusters/ rendered by
//	      Kustomize; the README, which names what an operator brings
//	out   findings: where, what object, which rule, what is wrong
//
// It is a module of its own, because the types of Knative weigh hundreds of
// packages that no function should link. It knows the code by its files only:
// the types of events by knative/eventtypes.yaml, which another test holds to
// events/. Kinds whose types are not in these modules are listed in foreign;
// a kind nobody thought of is a finding.
package manifests
