// Package payload moves the content of objects for the adapters: it hashes
// what goes in, checks what comes out and puts an end to what stalls.
package payload
