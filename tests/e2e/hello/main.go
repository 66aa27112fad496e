// Command hello is the least that a function can be. Cold starts are measured
// against it.
package main

import (
	"cmp"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello\n")) }) // who went away needs no answer
	panic(http.ListenAndServe(":"+cmp.Or(os.Getenv("PORT"), "8080"), nil))
}
