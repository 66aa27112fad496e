import { call, forget } from "./api.js";
import "./imports.js";
import "./security.js";

const $ = (id) => document.getElementById(id);
const json = async (path, options) => (await call(path, options)).json();

function element(name, text, ...children) {
  const e = document.createElement(name);
  if (text) e.textContent = text;
  e.append(...children);
  return e;
}

const clock = (s) => `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, "0")}:${String(Math.floor(s) % 60).padStart(2, "0")}`;

function figures(s) {
  const parts = [];
  if (s.distance_m !== undefined) parts.push(`${(s.distance_m / 1000).toFixed(2)} km`);
  if (s.moving_time_s !== undefined) parts.push(clock(s.moving_time_s));
  if (s.elevation_gain_m !== undefined) parts.push(`↑ ${Math.round(s.elevation_gain_m)} m`);
  if (s.avg_heart_rate_bpm !== undefined) parts.push(`${Math.round(s.avg_heart_rate_bpm)} bpm`);
  if (s.avg_power_w !== undefined) parts.push(`${Math.round(s.avg_power_w)} W`);
  const p = element("p", parts.join(" · "));
  p.className = "figures";
  return p;
}

async function showFeed() {
  const { items } = await json("/v1/feed?limit=20");
  $("feed").replaceChildren(...items.map((i) =>
    element("li", "", element("strong", i.workout.name), element("div", `${i.user.display_name} · ${i.workout.sport} · ${new Date(i.workout.started_at).toLocaleString()}`), figures(i.workout.stats))));
  if (items.length === 0) $("feed").replaceChildren(element("li", "Nothing here yet. Upload a workout, or follow somebody."));
}

async function showWeek() {
  const { buckets } = await json("/v1/stats/summary?by=week");
  const week = buckets.at(-1);
  $("week").replaceChildren(week ? figures(week) : "No workouts yet.");
}

async function showNotes() {
  const { items, unread_count } = await json("/v1/notifications?limit=20");
  $("bell").textContent = `🔔 ${unread_count}`;
  $("notes").querySelector("ul").replaceChildren(...items.map((n) => element("li", n.text)));
}

async function showRequests() {
  const { items } = await json("/v1/me/follow-requests");
  const answer = (id, method) => async () => { await call(`/v1/me/follow-requests/${id}`, { method }); await showRequests(); };
  $("requests").replaceChildren(...items.map(({ user }) => {
    const yes = element("button", "Accept"), no = element("button", "Decline");
    yes.addEventListener("click", answer(user.user_id, "PUT"));
    no.addEventListener("click", answer(user.user_id, "DELETE"));
    no.className = "link";
    return element("li", `${user.display_name} `, yes, " ", no);
  }));
  if (items.length === 0) $("requests").replaceChildren(element("li", "None."));
}

const show = () => Promise.all([showFeed(), showWeek(), showNotes(), showRequests()]);

// wait waits until an upload is computed, looking less and less often.
async function wait(id) {
  for (let pause = 200; pause < 10000; pause *= 1.5) {
    const upload = await json(`/v1/uploads/${id}`);
    if (upload.state !== "processing") return upload;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return { state: "processing", errors: [] };
}

$("upload").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  $("problem").hidden = true;
  $("status").textContent = "Uploading …";
  try {
    const accepted = await json("/v1/workouts", { method: "POST", body: new FormData(event.target) });
    $("status").textContent = "Computing …";
    const upload = await wait(accepted.upload_id);
    $("status").textContent = accepted.workouts.every((w) => w.duplicate) ? "You uploaded this file before." : upload.state === "ready" ? "Done." : upload.errors.map((e) => e.detail).join(" ");
    event.target.reset();
    await show();
  } catch (error) {
    $("status").textContent = "";
    $("problem").textContent = error.message;
    $("problem").hidden = false;
  } finally {
    button.disabled = false;
  }
});

$("bell").addEventListener("click", async () => {
  $("notes").hidden = !$("notes").hidden;
  await call("/v1/notifications/read", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"all":true}' });
  await showNotes();
});

$("out").addEventListener("click", async () => {
  await call("/v1/auth/logout", { method: "POST" }).catch(() => {});
  forget();
  window.location.assign("/");
});

document.addEventListener("workouts", show);
json("/v1/me").then((me) => { $("who").textContent = me.display_name; });
show();
