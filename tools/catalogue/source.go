package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// parsed calls do with every Go file below dir that is not of tests.
func parsed(dir string, do func(file string, f *ast.File)) error {
	return filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasSuffix(d.Name(), "test")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		do(file, f)
		return nil
	})
}

// makers are the functions that make a payload, by the name of its struct: a
// literal of events.X in the code of functions/<name> is how an event begins.
func makers(functions string) (map[string][]string, error) {
	by := map[string][]string{}
	err := parsed(functions, func(file string, f *ast.File) {
		below, err := filepath.Rel(functions, file)
		name, _, _ := strings.Cut(filepath.ToSlash(below), "/")
		if err != nil || name == "cmd" {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			made, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if of, ok := made.Type.(*ast.SelectorExpr); ok {
				if pkg, ok := of.X.(*ast.Ident); ok && pkg.Name == "events" && !slices.Contains(by[of.Sel.Name], name) {
					by[of.Sel.Name] = append(by[of.Sel.Name], name)
				}
			}
			return true
		})
	})
	for _, names := range by {
		slices.Sort(names)
	}
	return by, err
}

// docs are the comments of structs, by name, and of their fields, by struct.field.
type docs map[string]string

// comments are those of the Go files in dir.
func comments(dir string) (docs, error) {
	text := docs{}
	err := parsed(dir, func(_ string, f *ast.File) {
		for _, decl := range f.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.TYPE {
				continue
			}
			for _, spec := range gen.Specs {
				if t, ok := spec.(*ast.TypeSpec); ok {
					text.add(t, gen.Doc)
				}
			}
		}
	})
	return text, err
}

func (d docs) add(t *ast.TypeSpec, doc *ast.CommentGroup) {
	if t.Doc != nil {
		doc = t.Doc
	}
	d[t.Name.Name] = oneLine(doc.Text())
	of, ok := t.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range of.Fields.List {
		doc := field.Doc.Text()
		if doc == "" {
			doc = field.Comment.Text()
		}
		for _, name := range field.Names {
			d[t.Name.Name+"."+name.Name] = oneLine(doc)
		}
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

var godoc = regexp.MustCompile(`^[A-Z]\w* (says that |says |is |are )?`)

// sentence is the comment of a struct without its name: "Followed says that a
// follow holds." becomes "A follow holds."
func (d docs) sentence(name string) string {
	rest := []rune(d[name][len(godoc.FindString(d[name])):])
	if len(rest) == 0 {
		return ""
	}
	rest[0] = unicode.ToUpper(rest[0])
	return string(rest)
}
