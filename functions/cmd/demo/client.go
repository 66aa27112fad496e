package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"paceline/shared/api"
)

// client calls the public API of a platform whose mails are files.
type client struct{ base, mails string }

// call makes a JSON call and decodes the answer into out, unless that is nil.
func (c *client) call(token, method, path string, body, out any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.send(token, method, path, "application/json", bytes.NewReader(b), out)
}

func (c *client) send(token, method, path, contentType string, body io.Reader, out any) error {
	req, err := http.NewRequest(method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("is the platform running? %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// member is one person of the club.
type member struct{ id, name, email, token string }

// join registers, proves the address by the mail and signs in.
func (c *client) join(name, email string) (*member, error) {
	m := &member{name: name, email: email}
	var registered api.Registered
	err := c.call("", "POST", "/v1/auth/register", map[string]string{"email": email, "password": password, "display_name": name}, &registered)
	if err != nil {
		return nil, err
	}
	m.id = registered.UserID
	token, err := c.mailToken(m.id)
	if err != nil {
		return nil, err
	}
	if err := c.call("", "POST", "/v1/auth/verify", map[string]string{"token": token}, nil); err != nil {
		return nil, err
	}
	var tokens api.Tokens
	err = c.call("", "POST", "/v1/auth/login", map[string]string{"email": email, "password": password}, &tokens)
	m.token = tokens.AccessToken
	return m, err
}

var link = regexp.MustCompile(`/verify\?token=([A-Za-z0-9._~-]+)`)

// mailToken waits for the mail with the link of a person.
func (c *client) mailToken(user string) (string, error) {
	for range 100 {
		files, err := filepath.Glob(filepath.Join(c.mails, "*.eml"))
		if err != nil {
			return "", err
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				return "", err
			}
			if found := link.FindSubmatch(b); found != nil && strings.HasPrefix(string(found[1]), user+".") {
				return string(found[1]), nil
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	return "", fmt.Errorf("no mail for %s in %s: does DATA_DIR name the platform's folder?", user, c.mails)
}

// upload sends a file with what the person says of it.
func (c *client) upload(m *member, content []byte, fields map[string]string) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for k, v := range fields {
		if err := form.WriteField(k, v); err != nil {
			return err
		}
	}
	part, err := form.CreateFormFile("file", "demo")
	if err != nil {
		return err
	}
	if _, err := part.Write(content); err != nil {
		return err
	}
	if err := form.Close(); err != nil {
		return err
	}
	return c.send(m.token, "POST", "/v1/workouts", form.FormDataContentType(), &body, nil)
}
