// Package local is what the one-process platform brings instead of a cluster's
// Secrets and a provider's Redis: keys in files, and a redis-server of its own.
package local
