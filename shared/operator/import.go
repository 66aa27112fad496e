package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"paceline/shared/api"
)

// importTick is how often a command looks how far an import is.
const importTick = time.Second

func (t *Tool) importCommand() *cobra.Command {
	var visibility string
	send := &cobra.Command{
		Use: "send FILE", Args: exactly(1), Short: "Send an archive of your own workouts, and wait until it is over",
		RunE: func(c *cobra.Command, args []string) error { return t.sendArchive(c.Context(), args[0], visibility) },
	}
	send.Flags().StringVar(&visibility, "visibility", "", "who may see the workouts: private, followers or everyone")
	list := &cobra.Command{
		Use: "list", Args: exactly(0), Short: "List your imports, the newest first",
		RunE: func(c *cobra.Command, _ []string) error {
			all := []api.Import{}
			err := eachPage(c.Context(), t, "/v1/imports", func(page []api.Import) error {
				all = append(all, page...)
				return nil
			})
			if err != nil {
				return err
			}
			return t.show(all, func(w io.Writer) { writeImports(w, all) })
		},
	}
	show := &cobra.Command{
		Use: "show ID", Args: exactly(1), Short: "Show what became of each file of an import",
		RunE: func(c *cobra.Command, args []string) error {
			files, err := t.filesOf(c.Context(), args[0])
			if err != nil {
				return err
			}
			return t.show(files, func(w io.Writer) { writeImportFiles(w, files) })
		},
	}
	undo := &cobra.Command{
		Use: "undo ID", Args: exactly(1), Short: "Take back every workout that an import made",
		RunE: func(c *cobra.Command, args []string) error {
			var i api.Import
			if err := t.call(c.Context(), http.MethodDelete, "/v1/imports/"+url.PathEscape(args[0]), &i); err != nil {
				return err
			}
			i, err := t.awaitImport(c.Context(), i)
			if err != nil {
				return err
			}
			return t.show(i, func(w io.Writer) { writeImports(w, []api.Import{i}) })
		},
	}
	return group("import", "Archives of your own workouts", send, list, show, undo)
}

// sendArchive imports an archive, and ends with a fault when a file of it could
// not be taken.
func (t *Tool) sendArchive(ctx context.Context, path, visibility string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	token, err := t.token(ctx)
	if err != nil {
		return err
	}
	body, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() { w.CloseWithError(writeArchive(form, file, visibility)) }()
	var i api.Import
	patient := *t.HTTP
	patient.Timeout = 0
	err = t.send(ctx, &patient, http.MethodPost, "/v1/imports", token, form.FormDataContentType(), body, &i)
	if err != nil {
		return err
	}
	if i, err = t.awaitImport(ctx, i); err != nil {
		return err
	}
	if err := t.show(i, func(w io.Writer) { writeImports(w, []api.Import{i}) }); err != nil || i.Failed == 0 {
		return err
	}
	fmt.Fprintf(t.Err, "%d files failed: 'kn paceline import show %s' says why\n", i.Failed, i.ID)
	return errFound
}

func writeArchive(form *multipart.Writer, file *os.File, visibility string) error {
	if visibility != "" {
		if err := form.WriteField("visibility", visibility); err != nil {
			return err
		}
	}
	part, err := form.CreateFormFile("file", filepath.Base(file.Name()))
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, file); err != nil {
		return err
	}
	return form.Close()
}

// awaitImport waits until an import is over. One that was given up is an error.
func (t *Tool) awaitImport(ctx context.Context, i api.Import) (api.Import, error) {
	for i.EndedAt == nil {
		if err := t.Sleep(ctx, importTick); err != nil {
			return i, err
		}
		if err := t.call(ctx, http.MethodGet, "/v1/imports/"+url.PathEscape(i.ID)+"?limit=1", &i); err != nil {
			return i, err
		}
	}
	if i.Error != nil {
		return i, errors.New(i.Error.Code + ": " + i.Error.Detail)
	}
	return i, nil
}

func (t *Tool) filesOf(ctx context.Context, id string) ([]api.ImportFile, error) {
	files := []api.ImportFile{}
	err := eachPage(ctx, t, "/v1/imports/"+url.PathEscape(id), func(page []api.ImportFile) error {
		files = append(files, page...)
		return nil
	})
	return files, err
}

func writeImports(w io.Writer, imports []api.Import) {
	if len(imports) == 0 {
		fmt.Fprintln(w, "No imports.")
		return
	}
	table(w, func(w io.Writer) {
		fmt.Fprintln(w, "ID\tFILE\tSTATE\tFILES\tWAITING\tNEW\tKNOWN\tFAILED\tIGNORED\tCAME")
		for _, i := range imports {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", i.ID, i.FileName, i.State, i.Files, i.Waiting, i.Created, i.Duplicates, i.Failed, i.Ignored, i.CreatedAt.Format(time.RFC3339))
		}
	})
}

func writeImportFiles(w io.Writer, files []api.ImportFile) {
	if len(files) == 0 {
		fmt.Fprintln(w, "No files.")
		return
	}
	table(w, func(w io.Writer) {
		fmt.Fprintln(w, "FILE\tVERDICT\tWHY")
		for _, f := range files {
			fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, f.Verdict, f.Detail)
		}
	})
}
