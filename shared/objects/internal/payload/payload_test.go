package payload

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"paceline/shared/objects"
)

func digest(s string) objects.Digest { return sha256.Sum256([]byte(s)) }

func TestReaderWithholdsTheEndOfWhatIsWrong(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	tests := []struct {
		name   string
		body   io.Reader
		length int64
		sha    objects.Digest
		read   string
		want   error
	}{
		{"the right content", strings.NewReader("content"), 7, digest("content"), "content", nil},
		{"an unknown sum", strings.NewReader("content"), 7, objects.Digest{}, "content", nil},
		{"nothing", strings.NewReader(""), 0, digest(""), "", nil},
		{"more than was announced", strings.NewReader("content, more"), 7, digest("content"), "content", nil},
		{"another content", strings.NewReader("c0ntent"), 7, digest("content"), "c0nten", objects.ErrCorrupt},
		{"an early end", strings.NewReader("cont"), 7, digest("content"), "cont", objects.ErrCorrupt},
		{"a broken connection", io.MultiReader(strings.NewReader("co"), iotest.ErrReader(broken)), 7, digest("content"), "co", objects.ErrUnavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := Download{Key: "k", Body: io.NopCloser(iotest.OneByteReader(test.body)), Length: test.length, SHA256: test.sha}.Reader()
			got, err := io.ReadAll(r)
			if string(got) != test.read || !errors.Is(err, test.want) {
				t.Errorf("got %q, %v; want %q, %v", got, err, test.read, test.want)
			}
			if _, again := r.Read(make([]byte, 1)); test.want != nil && !errors.Is(again, test.want) {
				t.Errorf("read again: %v", again)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWatchCountsOnlyTheOtherSide(t *testing.T) {
	t.Parallel()
	ctx, watch := Watched(t.Context(), 50*time.Millisecond)
	watch.Rest()
	select {
	case <-ctx.Done():
		t.Fatal("it ended while nobody waited")
	case <-time.After(100 * time.Millisecond):
	}
	watch.Wait()
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("it did not end")
	}
	if !errors.Is(context.Cause(ctx), errSlow) {
		t.Errorf("the cause is %v", context.Cause(ctx))
	}
	watch.End()
}

func TestSpoolKeepsStreamsInMemoryOrInAFile(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, inMemory - 1, inMemory, inMemory + 1, 3 * inMemory} {
		content := bytes.Repeat([]byte("x"), size)
		s, err := Spool(t.Context(), io.MultiReader(bytes.NewReader(content)), objects.Digest{})
		if err != nil {
			t.Fatal(err)
		}
		if s.Size != int64(size) || s.SHA256 != sha256.Sum256(content) {
			t.Errorf("%d bytes: %+v", size, s.Sum)
		}
		for range 2 {
			if got, err := io.ReadAll(s); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes: read %d, %v", size, len(got), err)
			}
			if err := s.Rewind(); err != nil {
				t.Error(err)
			}
		}
		file, onDisk := s.ReadSeeker.(*os.File)
		if onDisk != (size > inMemory) {
			t.Errorf("%d bytes: on disk is %t", size, onDisk)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if onDisk {
			if _, err := os.Stat(file.Name()); !os.IsNotExist(err) {
				t.Errorf("the temporary file stays: %v", err)
			}
		}
	}
}

func TestSpoolTakesAPipeForAStream(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteString("content"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Spool(t.Context(), r, digest("content"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(s); err != nil || string(got) != "content" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestCopyTellsWhoseFailureItWas(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	if _, err := Copy(t.Context(), io.Discard, iotest.ErrReader(broken)); !errors.Is(err, broken) || errors.Is(err, objects.ErrUnavailable) {
		t.Errorf("a broken body: %v", err)
	}
	r, w := io.Pipe()
	_ = r.CloseWithError(broken) // it never fails
	if _, err := Copy(t.Context(), w, strings.NewReader("x")); !errors.Is(err, broken) || !errors.Is(err, objects.ErrUnavailable) {
		t.Errorf("a broken store: %v", err)
	}
}
