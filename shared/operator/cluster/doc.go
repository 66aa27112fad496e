// Package cluster is what an operator's tools do to a Knative cluster: make
// the Secrets and ConfigMaps that the manifests refer to, change signing keys,
// and find out what is wrong.
//
//	in    the manifests (package manifest reads them), and a namespace
//	out   Secrets and ConfigMaps there; nothing else is ever written
//	safe  a key that is there is never replaced but by a rotation; an object
//	      that somebody changes meanwhile is read again; what was interrupted
//	      goes on where it ended, since its state is in the objects themselves
//
// It speaks to the API server through client-go's dynamic client, so that no
// type of Knative is linked.
package cluster
