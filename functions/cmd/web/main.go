// Command web serves the web function.
package main

import (
	"paceline/functions/web"
	"paceline/shared/function"
)

func main() { function.Main("web", web.Open) }
