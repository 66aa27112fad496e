// Package filter decides which events a Trigger wants: the attribute filter of
// Knative's spec.filter and the dialects of the CloudEvents Subscriptions API
// in spec.filters.
//
//	in     a Spec as the manifest states it, and an event
//	out    a Filter that was checked when it was compiled; Match never fails
//	       open: what cannot be evaluated does not match
package filter
