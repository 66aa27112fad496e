package rest

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/security"
)

// MaxJSON bounds a JSON request.
const MaxJSON = 1 << 20

// Handler answers a request or says why not.
type Handler func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP makes a Handler an http.Handler. A panic is an internal error.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h.run(w, r); err != nil {
		Problem(w, r, err)
	}
}

func (h Handler) run(w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler: // means to cut the connection
			panic(p)
		default:
			err = fmt.Errorf("rest: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h(w, r)
}

// Problem writes err as a problem document. Internal errors are logged, and
// their text is not shown.
func Problem(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.Of(err)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		f = fault.New(http.StatusRequestEntityTooLarge, "too_large", "the body is larger than %d bytes", tooLarge.Limit)
	}
	security.Answered(r.Context(), f.Status, f.Code)
	id := r.Header.Get("X-Request-Id")
	if f.Status >= http.StatusInternalServerError {
		slog.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "request_id", id, "status", f.Status, "error", err)
	}
	doc := map[string]any{}
	maps.Copy(doc, f.Fields)
	doc["type"] = "https://paceline.example/problems/" + f.Code
	doc["title"] = http.StatusText(f.Status)
	doc["status"], doc["code"], doc["detail"] = f.Status, f.Code, f.Detail
	if id != "" {
		doc["instance"] = "urn:request:" + id
	}
	if f.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", identity.Challenge())
	}
	if seconds := f.RetrySeconds(); seconds != "" {
		w.Header().Set("Retry-After", seconds)
	}
	write(w, f.Status, "application/problem+json", doc)
}

// JSON answers status with v.
func JSON(w http.ResponseWriter, status int, v any) error {
	write(w, status, "application/json", v)
	return nil
}

// write encodes before it sends, so that a failure is not half an answer.
func write(w http.ResponseWriter, status int, contentType string, v any) {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		slog.Error("answer cannot be encoded", "error", err)
		status, contentType, b = http.StatusInternalServerError, "application/problem+json", []byte(`{"code":"internal","status":500}`)
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(b)))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client is gone when this fails
}

// NoContent answers 204.
func NoContent(w http.ResponseWriter) error {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// Read decodes the JSON body of r strictly into v.
func Read(w http.ResponseWriter, r *http.Request, v any) error {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return fault.New(http.StatusUnsupportedMediaType, "unsupported_media_type", "the body must be application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxJSON))
	if err != nil {
		return readFailed(err)
	}
	err = json.Unmarshal(body, v, json.RejectUnknownMembers(true), jsontext.AllowDuplicateNames(false))
	if err == nil {
		return nil
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return fault.BadRequest("invalid_json", "the body is not valid JSON").With("offset", syntax.ByteOffset).Because(err)
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) && jsontext.Value(body).IsValid() { // what is wrong behind it is worse
		return fault.Invalid("invalid_member", "a member of the body is unknown or of the wrong type").With("pointer", string(semantic.JSONPointer)).Because(err)
	}
	return fault.BadRequest("invalid_json", "the body cannot be read").Because(err)
}

func readFailed(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fault.BadRequest("body_unreadable", "the body ended too early").Because(err)
}
