// Second factors and sessions of whoever is signed in.
import { call, json } from "./api.js";
import { create, passkeys } from "./passkey.js";

const $ = (id) => document.getElementById(id);
let waiting = null; // what goes on after a new proof

function entry(text, label, remove) {
  const li = document.createElement("li");
  li.append(text);
  if (remove) {
    const button = document.createElement("button");
    button.className = "link";
    button.textContent = label;
    button.addEventListener("click", () => act(remove));
    li.append(" ", button);
  }
  return li;
}

async function show() {
  const [factors, sessions] = await Promise.all([json("/v1/me/factors"), json("/v1/me/sessions?limit=50")]);
  const rows = factors.passkeys.map((p) => entry(`Passkey “${p.name}”, since ${new Date(p.created_at).toLocaleDateString()}`, "Remove", () => json(`/v1/me/factors/passkeys/${p.id}`, "DELETE")));
  if (factors.totp) rows.unshift(entry(`App with codes, since ${new Date(factors.totp.confirmed_at).toLocaleDateString()}`, "Remove", () => json("/v1/me/factors/totp", "DELETE")));
  if (rows.length > 0) rows.push(entry(`${factors.recovery_codes_left} recovery codes left`));
  else rows.push(entry("None: your password is all that protects you."));
  $("factors").replaceChildren(...rows);
  $("add-app").hidden = factors.totp !== undefined;
  $("add-passkey").hidden = !passkeys;
  $("new-codes").hidden = rows.length === 1;
  $("sessions").replaceChildren(...sessions.items.map((s) => entry(
    `${s.device || "A device"}, last used ${new Date(s.last_used_at).toLocaleString()}${s.current ? " (here)" : ""}`,
    "Sign out", s.current ? null : () => json(`/v1/me/sessions/${s.id}`, "DELETE"))));
}

function showCodes(codes) {
  if (codes.length === 0) return;
  $("codes").querySelector("pre").textContent = codes.join("\n");
  $("codes").hidden = false;
}

// act does something and shows what became of it. What needs a new proof waits
// for it.
async function act(what) {
  $("security-problem").hidden = true;
  try {
    await what();
    await show();
  } catch (error) {
    if (error.code === "reauthentication_required") {
      waiting = what;
      $("again").hidden = false;
      $("again").elements.proof.focus();
      return;
    }
    $("security-problem").textContent = error.message;
    $("security-problem").hidden = false;
  }
}

$("again").addEventListener("submit", (event) => {
  event.preventDefault();
  const proof = event.target.elements.proof.value;
  act(async () => {
    await json("/v1/me/reauthenticate", "POST", /^\d{6}$/.test(proof) ? { code: proof } : { password: proof });
    event.target.reset();
    event.target.hidden = true;
    const next = waiting;
    waiting = null;
    if (next) await next();
  });
});

$("add-app").addEventListener("click", () => act(async () => {
  const { secret, uri } = await json("/v1/me/factors/totp", "POST", {});
  $("secret").textContent = secret;
  $("uri").href = uri;
  $("confirm").hidden = false;
}));

$("confirm").addEventListener("submit", (event) => {
  event.preventDefault();
  act(async () => {
    showCodes((await json("/v1/me/factors/totp/confirm", "POST", { code: event.target.elements.code.value.trim() })).recovery_codes);
    event.target.reset();
    event.target.hidden = true;
    $("secret").textContent = "";
    $("uri").removeAttribute("href");
  });
});

$("add-passkey").addEventListener("click", () => act(async () => {
  const send = (body) => json("/v1/me/factors/passkeys", "POST", body);
  showCodes((await send(await create(send, navigator.userAgentData?.platform || "This device"))).recovery_codes);
}));

$("new-codes").addEventListener("click", () => act(async () => showCodes((await json("/v1/me/factors/recovery-codes", "POST", {})).recovery_codes)));
$("end-others").addEventListener("click", () => act(() => json("/v1/me/sessions", "DELETE")));

// Exports: ask, wait for the mail, download. Each file has a link of its own.
const exported = {
  preparing: "Your data is being put together; a mail tells you when it is ready.",
  ready: "Your data is ready.",
  downloaded: "You downloaded your data. You may ask again once a day.",
  expired: "Your data waited for too long and was deleted. Ask again.",
  failed: "Your data could not be put together. Ask again.",
};

async function showExport() {
  const state = await json("/v1/me/export").catch((error) => {
    if (error.code === "export_not_found") return null;
    throw error;
  });
  $("export-state").textContent = state ? exported[state.state] : "";
  return state;
}

async function saveFile(url, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await (await call(url)).blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

$("export").addEventListener("click", () => act(async () => {
  const state = await showExport();
  if (state?.state !== "ready") await json("/v1/me/export", "POST");
  for (let more = state?.state === "ready"; more;) {
    const { url, volume, volumes } = await json("/v1/me/export/links", "POST");
    await saveFile(url, `paceline-${volume}-of-${volumes}.zip`);
    more = volume < volumes;
  }
  await showExport();
}));

act(showExport);
