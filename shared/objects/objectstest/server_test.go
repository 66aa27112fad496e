package objectstest

import (
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

func TestServersAnswerAndEndWithTheirTest(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB) Server{"S3": S3, "GCS": GCS} {
		var server Server
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			server = start(t)
			t.Logf("ready after %s", time.Since(begin).Round(time.Millisecond))
			resp, err := http.Get(server.Endpoint)
			if err != nil {
				t.Fatal(err)
			}
			if err := resp.Body.Close(); err != nil {
				t.Error(err)
			}
			if env := strings.Join(server.Env(), " "); !strings.HasPrefix(env, "OBJECTS_URL="+server.URL) {
				t.Errorf("env: %s", env)
			}
		})
		if server.Endpoint == "" {
			continue // there is no tool, and the test above says why
		}
		if conn, err := net.Dial("tcp", strings.TrimPrefix(server.Endpoint, "http://")); err == nil {
			_ = conn.Close() // it should not be
			t.Errorf("%s outlives its test", name)
		}
	}
}

// fmt stands in for a large program: it is built in no time.
func TestManyTestsBuildAToolOnce(t *testing.T) {
	t.Setenv("PACELINE_TOOLS", t.TempDir())
	small := tool{"fakegcs", fakeGCS.module, "fmt"}
	built := make(chan os.FileInfo, 5)
	for range cap(built) {
		go func() {
			path, err := small.find(context.Background())
			if err != nil {
				t.Error(err)
			}
			stat, err := os.Stat(path)
			if err != nil {
				t.Error(err)
			}
			built <- stat
		}()
	}
	first := <-built
	for range cap(built) - 1 {
		if other := <-built; !os.SameFile(first, other) {
			t.Error("it was built again")
		}
	}
}

func TestAFailedBuildSaysWhy(t *testing.T) {
	t.Setenv("PACELINE_TOOLS", t.TempDir())
	_, err := tool{"fakegcs", fakeGCS.module, "fmt/no/such/package"}.find(context.Background())
	if err == nil || !strings.Contains(err.Error(), "fmt/no/such/package") {
		t.Errorf("got %v", err)
	}
}
