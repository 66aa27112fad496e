package paceline

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"paceline/knative"
	"paceline/shared/function/redistest"
	"paceline/shared/function/store"
	"paceline/shared/operator"
	"paceline/shared/operator/cluster"
)

// command is one command of a redis-server, with its container's name before
// its own where it has one.
type command struct {
	words    []string
	args     int // how many it wants at least, its own words included
	keyed    bool
	readOnly bool
	free     bool // needs no permission, since it comes before one
	group    []string
}

func (c command) name() string { return strings.Join(c.words, "|") }

// commands is every command that a server knows.
func commands(t *testing.T, c *redis.Client) []command {
	t.Helper()
	rows, err := c.Do(t.Context(), "command").Slice()
	if err != nil {
		t.Fatal(err)
	}
	var all []command
	var read func(row any)
	read = func(row any) {
		fields := row.([]any)
		flags, groups := texts(fields[2]), texts(fields[6])
		if subcommands := fields[9].([]any); len(subcommands) > 0 {
			for _, s := range subcommands {
				read(s)
			}
			return
		}
		arity := fields[1].(int64)
		all = append(all, command{
			words: strings.Split(fields[0].(string), "|"), args: int(max(arity, -arity)),
			keyed:    fields[3].(int64) != 0 || len(fields[8].([]any)) > 0,
			readOnly: slices.Contains(flags, "readonly") || fields[0] == "watch",
			free:     slices.Contains(flags, "no_auth"), group: groups,
		})
	}
	for _, row := range rows {
		read(row)
	}
	return all
}

func texts(v any) []string {
	var out []string
	for _, s := range v.([]any) {
		out = append(out, s.(string))
	}
	return out
}

// line is the command on a key, which stands in every place that is left: what
// is refused for its key is refused wherever the key stands. A script has one key.
func (c command) line(key string) []any {
	var words []any
	for _, w := range c.words {
		words = append(words, w)
	}
	for len(words) < c.args || c.keyed && len(words) < 2 {
		words = append(words, key)
	}
	if strings.HasPrefix(c.name(), "eval") {
		words = append(words[:2], "1", key)
	}
	return words
}

// guarded is a redis-server whose users are what kn paceline acl would write,
// each with its name as password, and an admin for the test.
func guarded(t *testing.T, args ...string) (admin *redis.Client, url func(user string) string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "users.acl")
	acl := store.NobodyElse + "\nuser admin on >admin ~* &* +@all\n"
	for _, a := range store.Declared() {
		acl += a.Line(a.Function) + "\n"
	}
	if err := os.WriteFile(file, []byte(acl), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := strings.TrimPrefix(redistest.ServerURL(t, append([]string{"--aclfile", file, "--acllog-max-len", "1000"}, args...)...), "unix://")
	url = func(user string) string { return "unix://" + user + ":" + user + "@" + socket }
	return as(t, url("admin")), url
}

func as(t *testing.T, address string) *redis.Client {
	t.Helper()
	c, err := store.Dial(address, store.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*redis.Client)
}

// never is what no function may be allowed, whatever it declares: it tells of
// others' keys, or steers the server.
func never(c command) bool {
	names := []string{"scan", "randomkey", "dbsize", "keys", "subscribe", "psubscribe", "ssubscribe", "publish", "select", "swapdb", "object|idletime", "move", "copy", "migrate"}
	return slices.Contains(names, c.name()) || slices.Contains(c.group, "@admin") || slices.Contains(c.words, "script") || slices.Contains(c.words, "function") ||
		slices.Contains(c.group, "@dangerous") && c.name() != "cluster|slots"
}

// Every function's user, every command that the server knows, everybody's keys.
func TestStoresAreClosedToOthers(t *testing.T) {
	t.Parallel()
	admin, _ := guarded(t)
	all := commands(t, admin)
	if len(all) < 300 {
		t.Fatalf("%d commands: the test does not see them", len(all))
	}
	owners := []string{"keys", "audit", "other", ""}
	for _, a := range store.Declared() {
		owners = append(owners, a.Function, a.Function+"x")
	}
	tried := 0
	for _, a := range store.Declared() {
		allowed := a.Allowed()
		type try struct {
			line string
			want bool
			got  *redis.Cmd
		}
		var tries []try
		_, err := admin.Pipelined(t.Context(), func(p redis.Pipeliner) error {
			for _, c := range all {
				listed := slices.Contains(allowed, c.name()) || len(c.words) == 2 && slices.Contains(allowed, c.words[0])
				if listed && never(c) {
					t.Errorf("%s may send %s, which nobody may", a.Function, c.name())
				}
				for _, owner := range owners {
					line := c.line(owner + ":{0001}:thing")
					adds := a.Appends && owner == "audit" && slices.Contains([]string{"llen", "lrange", "rpush", "watch"}, c.name())
					want := c.free || adds || listed && (!c.keyed || owner == a.Function || owner == "keys" && (a.Publishes || c.readOnly))
					tries = append(tries, try{a.Function + " " + c.name() + " " + owner, want, p.Do(t.Context(), append([]any{"acl", "dryrun", a.Function}, line...)...)})
				}
			}
			return nil
		})
		if err != nil && !redis.HasErrorPrefix(err, "ERR") {
			t.Fatal(err)
		}
		for _, tr := range tries {
			answer, err := tr.got.Text()
			if err != nil {
				t.Errorf("%s was not tried: %v", tr.line, err)
			} else if (answer == "OK") != tr.want {
				t.Errorf("%s: %s, want allowed %v", tr.line, answer, tr.want)
			}
		}
		tried += len(tries)
	}
	t.Logf("%d users, %d commands, %d owners of keys: %d tries", len(store.Declared()), len(all), len(owners), tried)
}

// What is refused on the wire is in the server's own log, under the function's name.
func TestStoresRefuseAndRemember(t *testing.T) {
	t.Parallel()
	admin, url := guarded(t)
	feed := as(t, url("feed"))
	for _, line := range [][]any{
		{"get", "social:{0001}:profile:x"}, {"set", "keys:{0001}:person:x", "1"}, {"scan", "0"}, {"randomkey"}, {"dbsize"}, {"keys", "*"},
		{"config", "get", "*"}, {"flushall"}, {"monitor"}, {"client", "list"}, {"subscribe", "x"}, {"script", "flush"}, {"eval", "return 1", "0"}, {"acl", "whoami"},
	} {
		if err := feed.Do(t.Context(), line...).Err(); !redis.HasErrorPrefix(err, "NOPERM") {
			t.Errorf("%v: %v", line, err)
		}
	}
	if err := feed.Set(t.Context(), "feed:{0001}:thing", "1", 0).Err(); err != nil {
		t.Error(err)
	}
	entries, err := admin.ACLLog(t.Context(), 100).Result()
	if err != nil || len(entries) != 14 {
		t.Errorf("%d refusals are remembered: %v", len(entries), err)
	}
	for _, e := range entries {
		if e.Username != "feed" {
			t.Errorf("refused: %+v", e)
		}
	}
	nobody := strings.Replace(url("feed"), "feed:feed@", "", 1)
	for what, address := range map[string]string{"the default user": nobody, "a wrong password": strings.Replace(url("feed"), "feed:feed@", "feed:social@", 1), "the other's password": strings.Replace(url("feed"), "feed:feed@", "social:feed@", 1)} {
		if err := as(t, address).Get(t.Context(), "feed:{0001}:thing").Err(); err == nil || err == redis.Nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// What 'kn paceline secrets' and 'kn paceline acl' write fit together, and a
// redis-server takes them: each address of the one is a user of the other, who
// may do what the code declares.
func TestStoresFileOfTheCommandWorks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("admin\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	kn := func(in string, args ...string) string {
		var out, complaints bytes.Buffer
		tool := operator.Tool{Manifests: knative.Manifests, Env: map[string]string{}, In: strings.NewReader(in), Out: &out, Err: &complaints, HTTP: http.DefaultClient}
		if code := tool.Run(t.Context(), args); code != 0 {
			t.Fatalf("kn paceline %v: exit code %d: %s", args, code, &complaints)
		}
		return out.String()
	}
	secrets := kn("", secretsDryRun("redis://{function}:{password}@redis:6379")...)
	file := filepath.Join(dir, "users.acl")
	if err := os.WriteFile(file, []byte(kn(secrets, "acl", "-f", "-", "--admin", "admin:@"+password)), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := strings.TrimPrefix(redistest.ServerURL(t, "--aclfile", file), "unix://")
	addresses, err := cluster.RedisURLsIn([]byte(secrets))
	if err != nil {
		t.Fatal(err)
	}
	admin := as(t, "unix://admin:admin@"+socket)
	for _, a := range store.Declared() {
		u, err := url.Parse(addresses[a.Function])
		if err != nil || u.User == nil {
			t.Fatalf("%s: %q %v", a.Function, addresses[a.Function], err)
		}
		own := as(t, "unix://"+u.User.String()+"@"+socket)
		if err := own.Set(t.Context(), a.Function+":{0001}:thing", "1", 0).Err(); err != nil {
			t.Errorf("%s: %v", a.Function, err)
		}
		have, err := admin.Do(t.Context(), "acl", "getuser", a.Function).Result()
		if err != nil {
			t.Fatal(err)
		}
		if err := admin.Do(t.Context(), append([]any{"acl", "setuser", "declared", "reset"}, anys(a.Rules())...)...).Err(); err != nil {
			t.Fatal(err)
		}
		want, err := admin.Do(t.Context(), "acl", "getuser", "declared").Result()
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"commands", "keys", "channels", "selectors"} {
			if h, w := fmt.Sprint(have.(map[any]any)[part]), fmt.Sprint(want.(map[any]any)[part]); h != w {
				t.Errorf("%s: %s are %v in the file, %v in the code: run make generate", a.Function, part, h, w)
			}
		}
	}
}

func anys(words []string) (out []any) {
	for _, w := range words {
		out = append(out, w)
	}
	return out
}

// unwritten is what of the kit's commands no method of the client is named for,
// scripted what runs a script, and inScript what a script sends.
var (
	unwritten = []string{"asking", "cluster|slots", "command", "multi", "exec"}
	scripted  = []string{"eval", "evalsha"}
	inScript  = regexp.MustCompile(`redis\.call\('([A-Z]+)'`)
)

// Who keeps something has declared what for, and declares nothing that the code
// has no call for.
func TestStoresDeclareWhatTheySend(t *testing.T) {
	t.Parallel()
	called, keeps := map[string][]string{}, map[string]bool{} // by folder: methods in lower case
	for _, s := range sources(t, parser.SkipObjectResolution) {
		if s.test {
			continue
		}
		ast.Inspect(s.parsed, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING { // a script
				for _, call := range inScript.FindAllStringSubmatch(text.Value, -1) {
					called[unit(s.dir)] = append(called[unit(s.dir)], strings.ToLower(call[1]))
				}
			}
			if sel, ok := n.(*ast.SelectorExpr); ok {
				for _, dir := range slices.Compact([]string{unit(s.dir), s.dir}) {
					called[dir] = append(called[dir], strings.ToLower(sel.Sel.Name))
				}
				keeps[unit(s.dir)] = keeps[unit(s.dir)] || sel.Sel.Name == "OpenBase"
			}
			return true
		})
	}
	calls := func(dir, command string) bool {
		return slices.ContainsFunc(called[dir], func(method string) bool {
			return strings.HasPrefix(method, command) || method == "newscript" && slices.Contains(scripted, command)
		})
	}
	declared := map[string]bool{}
	for _, a := range store.Declared() {
		declared["functions/"+a.Function] = true
		if !slices.IsSorted(a.Commands) {
			t.Errorf("%s: the commands are not sorted", a.Function)
		}
		for _, c := range a.Commands {
			if !calls("functions/"+a.Function, c) && !calls("shared/function", c) { // of the kit's other packages it may use some
				t.Errorf("%s declares %s and has no call for it", a.Function, c)
			}
		}
	}
	for _, c := range (store.Access{}).Allowed() {
		if !slices.Contains(unwritten, c) && !calls("shared/function/store", c) {
			t.Errorf("the kit declares %s and has no call for it", c)
		}
	}
	delete(keeps, "functions/cmd")
	maps.DeleteFunc(keeps, func(dir string, keeps bool) bool { return !keeps || !strings.HasPrefix(dir, "functions/") })
	for dir := range keeps {
		if !declared[dir] {
			t.Errorf("%s keeps something and does not declare (store.Declare) what it may do", dir)
		}
	}
}
