package operator

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"paceline/shared/breached"
)

func (t *Tool) breachListCommand() *cobra.Command {
	var b breached.Builder
	var out string
	build := &cobra.Command{
		Use: "build FILE", Args: exactly(1), Short: "Make a list of leaked passwords that nobody may choose",
		Long: `Make a list of leaked passwords that nobody may choose.

FILE (- is standard input) has one password a line, or the lines of Have I Been
Pwned: a SHA-1 in hexadecimal and how often it was seen. The result takes 4.5
bytes a password, in a file and in the memory of accounts, which reads it where
BREACHED_PASSWORDS_FILE names it; making it takes 8 bytes a password.`,
		Example: "  kn paceline breach-list build --seen 100 -f breached.bin pwned-passwords-sha1.txt",
		RunE: func(_ *cobra.Command, args []string) error {
			in := io.NopCloser(t.In)
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				in = f
			}
			defer in.Close()
			return t.buildBreachList(&b, in, out)
		},
	}
	f := build.Flags()
	f.StringVarP(&out, "filename", "f", "breached.bin", "where the list is written")
	f.IntVar(&b.Seen, "seen", 1, "leave out what Have I Been Pwned has seen less often")
	f.IntVar(&b.Shortest, "shortest", 8, "leave out passwords of fewer characters, which are refused anyway")
	return group("breach-list", "Leaked passwords", build)
}

func (t *Tool) buildBreachList(b *breached.Builder, in io.Reader, out string) error {
	if err := b.Read(in); err != nil {
		return err
	}
	list, n, err := b.Build()
	if err != nil {
		return err
	}
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	size, err := list.WriteTo(file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "%s: %d passwords, %d bytes\n", out, n, size)
	return err
}
