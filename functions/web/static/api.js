// What every page needs of the API: tokens of this tab, requests, problems.
const store = window.sessionStorage;

export const signedIn = () => store.getItem("refresh_token") !== null;

export function keep(tokens) {
  store.setItem("access_token", tokens.access_token);
  store.setItem("refresh_token", tokens.refresh_token);
  if (tokens.device_token) window.localStorage.setItem("device_token", tokens.device_token);
}

// knownDevice is what lets this browser sign in while others guess.
export function knownDevice() {
  const token = window.localStorage.getItem("device_token");
  return token ? { device_token: token } : {};
}

export function forget() {
  store.removeItem("access_token");
  store.removeItem("refresh_token");
}

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || "Something went wrong. Please try again.");
    this.status = status;
    this.code = body.code;
  }
}

async function answer(response) {
  if (response.ok) return response;
  throw new Problem(response.status, await response.json().catch(() => ({})));
}

export const post = async (path, body) =>
  answer(await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));

// One refresh at a time: a second use of the same token would end the session.
let refreshing = null;
function refresh() {
  refreshing ??= post("/v1/auth/refresh", { refresh_token: store.getItem("refresh_token") })
    .then((r) => r.json()).then(keep).finally(() => { refreshing = null; });
  return refreshing;
}

// call makes a request with the tab's token, and once more with a new one.
export async function call(path, options = {}) {
  const once = () => fetch(path, { ...options, headers: { ...options.headers, Authorization: `Bearer ${store.getItem("access_token")}` } });
  let response = await once();
  if (response.status === 401 && signedIn()) {
    await refresh();
    response = await once();
  }
  return answer(response);
}

// enter shows the app, which answers only to a token.
export async function enter() {
  const html = await (await call("/app", { headers: { Accept: "text/html" } })).text();
  window.history.replaceState(null, "", "/app");
  document.open();
  document.write(html);
  document.close();
}

// form sends what a form holds and says what went wrong. It returns what does
// the same with another way to send.
export function form(send) {
  const element = document.getElementById("form");
  const problem = document.getElementById("problem");
  const attempt = async (way) => {
    const button = element.querySelector("button");
    button.disabled = true;
    problem.hidden = true;
    try {
      await way(Object.fromEntries(new FormData(element)));
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    } finally {
      button.disabled = false;
    }
  };
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(send);
  });
  return attempt;
}

// json is a request with a JSON body and the tab's token; no content is null.
export async function json(path, method = "GET", body = undefined) {
  const options = { method };
  if (body !== undefined) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const response = await call(path, options);
  return response.status === 204 ? null : response.json();
}

export function done() {
  document.getElementById("form").hidden = true;
  document.getElementById("done").hidden = false;
}

export const mailToken = () => new URLSearchParams(window.location.search).get("token") || "";
