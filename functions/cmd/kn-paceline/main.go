// Command kn-paceline is the operators' command line: on PATH it is kn's
// plugin, so that "kn paceline doctor" works, and it works alone.
package main

import (
	"os"

	"knative.dev/pkg/signals"

	"paceline/knative"
	"paceline/shared/operator"
)

func main() { os.Exit(operator.New(knative.Manifests).Run(signals.NewContext(), os.Args[1:])) }
