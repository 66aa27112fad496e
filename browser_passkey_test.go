package paceline

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// named serves a platform under a name: passkeys are bound to one.
func named(t *testing.T) (*running, string) {
	t.Helper()
	var to *httputil.ReverseProxy
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { to.ServeHTTP(w, r) }))
	t.Cleanup(front.Close)
	public := strings.Replace(front.URL, "127.0.0.1", "localhost", 1)
	r := start(t, t.TempDir(), map[string]string{"PUBLIC_URL": public})
	inside, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	to = httputil.NewSingleHostReverseProxy(inside)
	to.ErrorLog = log.New(io.Discard, "", 0) // the browser asks until it is closed
	return r, public
}

// A person adds a passkey, and signs in with nothing else.
func TestAPasskeyInTheBrowser(t *testing.T) {
	t.Parallel()
	b := browser(t)
	r, public := named(t)
	anna := r.join("Anna")
	b.signIn(public, anna)
	b.step("the app knows passkeys", chromedp.WaitVisible("#add-passkey"))
	if _, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	_, err := chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
		HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	b.step("add a passkey", chromedp.Click("#add-passkey"), chromedp.WaitVisible("#codes"))
	b.step("sign out", chromedp.Click("#out"), chromedp.WaitVisible(".hero"))
	b.step("the password is not enough", chromedp.Navigate(public+"/login"), chromedp.WaitVisible("#passkey"), chromedp.SendKeys(`[name=email]`, anna.email),
		chromedp.SendKeys(`[name=password]`, testPassword), chromedp.Click("#form > button"), chromedp.WaitVisible("#second"))
	b.step("the passkey is", chromedp.Click("#passkey"), chromedp.WaitVisible("#upload"))
}
