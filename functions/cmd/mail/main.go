// Command mail serves the mail function.
package main

import (
	"paceline/functions/mail"
	"paceline/shared/function"
)

func main() { function.Main("mail", mail.Open) }
