package mail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// folder keeps mails as files, for development. A file is complete or not
// there, and the name follows from the request, so that writing it again leaves
// one.
type folder struct{ dir string }

func (f folder) repeatable() bool { return true }

func (f folder) connect(context.Context) (session, error) {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return nil, fmt.Errorf("mail: MAIL_DIR: %w", err)
	}
	return f, nil
}

func (f folder) close() {}

// name sorts by the time at which the mail was first tried.
func (f folder) name(l letter) string {
	return l.at.UTC().Format("20060102T150405.000000Z") + "-" + l.digest + ".eml"
}

func (f folder) send(_ context.Context, l letter) error {
	tmp, err := os.CreateTemp(f.dir, ".*.tmp")
	if err != nil {
		return fmt.Errorf("mail: MAIL_DIR: %w", err)
	}
	_, err = fmt.Fprintf(tmp, "Return-Path: <%s>\r\n%s", l.from, l.raw)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(f.dir, f.name(l)))
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // the first error is the one that tells
		return fmt.Errorf("mail: MAIL_DIR: %w", err)
	}
	return f.sync()
}

// sync makes the new name last. When it fails the file may be there or not,
// and writing it again is harmless.
func (f folder) sync() error {
	d, err := os.Open(f.dir)
	if err != nil {
		return fmt.Errorf("mail: MAIL_DIR: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("mail: MAIL_DIR: %w", err)
	}
	return nil
}
