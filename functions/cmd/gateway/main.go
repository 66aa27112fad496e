// Command gateway serves the gateway function.
package main

import (
	"paceline/functions/gateway"
	"paceline/shared/function"
)

func main() { function.Main("gateway", gateway.Open) }
