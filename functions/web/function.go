package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/rest"
)

//go:embed pages/*.html static/*
var files embed.FS

// policy lets a page load what this origin serves, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// pages is the path of each page and its title.
var pages = []struct{ path, file, title string }{
	{"/{$}", "landing", "Paceline – train together"},
	{"/register", "register", "Create an account"},
	{"/login", "login", "Sign in"},
	{"/verify", "verify", "Confirm your address"},
	{"/reset", "reset", "Choose a new password"},
	{"/app", "app", "Paceline"},
}

// Open opens the web function.
func Open(_ context.Context, e function.Env) (*function.Function, error) {
	base, err := function.OpenStateless(e, "web")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, p := range pages {
		html, err := render(p.file, p.title)
		if err != nil {
			return nil, err
		}
		mux.Handle("GET "+p.path, page(html))
	}
	assets, err := loadAssets()
	if err != nil {
		return nil, err
	}
	mux.Handle("GET /static/{file...}", assets)
	return base.Function(mux), nil
}

// render makes a page once: pages do not depend on who asks.
func render(file, title string) ([]byte, error) {
	t, err := template.ParseFS(files, "pages/layout.html", "pages/"+file+".html")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout.html", map[string]string{"Title": title, "Page": file}); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return b.Bytes(), nil
}

func page(html []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(html) // the client is gone when this fails
	})
}

// asset is one static file.
type asset struct {
	content     []byte
	contentType string
	etag        string
}

type assets map[string]asset

func loadAssets() (assets, error) {
	out := assets{}
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		out[strings.TrimPrefix(name, "static/")] = asset{b, mime.TypeByExtension(path.Ext(name)), `"` + hex.EncodeToString(sum[:8]) + `"`}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return out, nil
}

// ServeHTTP answers with a file, or with 304 when the client has it.
func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found, ok := a[r.PathValue("file")]
	if !ok {
		rest.Problem(w, r, fault.NotFound("not_found", "there is no such file"))
		return
	}
	h := w.Header()
	h.Set("ETag", found.etag)
	h.Set("Cache-Control", "public, max-age=300")
	if r.Header.Get("If-None-Match") == found.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", found.contentType)
	_, _ = w.Write(found.content) // the client is gone when this fails
}
