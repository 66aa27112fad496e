// Command demo fills a running platform with a small club, through the public
// API alone, and prints a sign-in. PUBLIC_URL (http://127.0.0.1:8080) is the
// platform, DATA_DIR (./var) is where its mails are. Each run makes a new club.
package main

import (
	"cmp"
	"fmt"
	"os"
)

func main() {
	c := &client{base: cmp.Or(os.Getenv("PUBLIC_URL"), "http://127.0.0.1:8080"), mails: cmp.Or(os.Getenv("DATA_DIR"), "var") + "/mail"}
	captain, err := fill(c)
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
	fmt.Printf("sign in at %s/login\n  address   %s\n  password  %s\n", c.base, captain.email, password)
}
