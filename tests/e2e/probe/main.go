// Command probe tries to connect to each host:port of its arguments and prints
// one line each, "host:port open" or "host:port closed". The suite runs it with
// the labels of a function, so that it may what the function may.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// settle is how long a policy may take to know a new pod; this cluster's
// enforcer lets everything through until then.
const settle = 15 * time.Second

func main() {
	time.Sleep(settle)
	results := make([]string, len(os.Args)-1)
	var tries sync.WaitGroup
	for i, address := range os.Args[1:] {
		tries.Go(func() { results[i] = try(address) })
	}
	tries.Wait()
	for i, r := range results {
		fmt.Println(os.Args[i+1], r)
	}
}

// try connects, more than once, so that a lost packet is not taken for a policy.
func try(address string) string {
	dialer := net.Dialer{Timeout: 2 * time.Second}
	for range 3 {
		c, err := dialer.DialContext(context.Background(), "tcp", address)
		if err == nil {
			_ = c.Close() // it was only about opening it
			return "open"
		}
		time.Sleep(500 * time.Millisecond)
	}
	return "closed"
}
