// Command dev serves the whole platform from one process.
package main

import "paceline"

func main() { paceline.Main() }
