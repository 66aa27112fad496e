// Archives: sending one, what becomes of each file while it does, and taking it back.
import { call, json } from "./api.js";

const $ = (id) => document.getElementById(id);
const changed = () => document.dispatchEvent(new Event("workouts"));

// news reads a stream of events to its end and says the id of the last one.
async function news(path, last, heard) {
  const response = await call(path, { headers: last ? { "Last-Event-ID": last } : {} });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let begun = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return last;
      const events = (begun + value).split("\n\n");
      begun = events.pop();
      for (const event of events) {
        const field = Object.fromEntries(event.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
        last = field.id ?? last;
        heard(field.event, JSON.parse(field.data));
      }
    }
  } catch {
    return last; // the connection broke
  }
}

// follow tells of an import until it is over, with as many connections as it takes.
async function follow(id, heard) {
  let last = "", over = false;
  while (!over) {
    last = await news(`/v1/imports/${id}/stream`, last, (event, data) => {
      heard(event, data);
      over = event === "import" && data.ended_at !== undefined;
    });
    if (!over) await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

const states = { receiving: "is coming", running: "is being imported", finished: "imported", undoing: "is being taken back", undone: "taken back" };
const verdicts = { created: "new", duplicate: "you had it" };

function told(i) {
  if (i.error) return i.error.detail;
  if (i.state === "undone") return "Nothing of it is left.";
  const parts = [`${i.files - i.waiting} of ${i.files} files`, `${i.created} new`, `${i.duplicates} you had`, `${i.failed} failed`, `${i.ignored} no workouts`];
  return parts.join(" · ");
}

// entry shows one import, and follows it while it goes on or when its files are asked for.
function entry(i) {
  const li = $("import").content.cloneNode(true).firstElementChild;
  const [files, undo, progress] = ["ul", "button", "progress"].map((name) => li.querySelector(name));
  const show = (now) => {
    li.querySelector("strong").textContent = `${now.file_name || "An archive"}, ${new Date(now.created_at).toLocaleDateString()}: ${states[now.state]}`;
    li.querySelector(".figures").textContent = told(now);
    progress.max = now.files || 1;
    progress.value = now.files - now.waiting;
    progress.hidden = now.state !== "running";
    undo.hidden = now.state !== "running" && now.state !== "finished";
  };
  let following = null;
  const go = () => {
    following ??= follow(i.id, (event, data) => {
      if (event === "import") return show(data);
      const file = document.createElement("li");
      file.textContent = `${data.name}: ${verdicts[data.verdict] ?? data.detail}`;
      files.append(file);
    }).finally(() => { following = null; changed(); });
    return following;
  };
  undo.addEventListener("click", async () => {
    if (undo.textContent !== undo.dataset.sure) {
      undo.textContent = undo.dataset.sure;
      return;
    }
    show(await json(`/v1/imports/${i.id}`, "DELETE"));
    files.replaceChildren();
    await following;
    await go();
  });
  li.querySelector("details").addEventListener("toggle", () => { if (files.childElementCount === 0) go(); });
  show(i);
  if (i.ended_at === undefined) go();
  return li;
}

json("/v1/imports?limit=10").then(({ items }) => $("imports").append(...items.map(entry)));

$("archive").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  $("archive-problem").hidden = true;
  $("archive-status").textContent = "Sending …";
  try {
    const sent = await call("/v1/imports", { method: "POST", body: new FormData(event.target) });
    $("imports").prepend(entry(await sent.json()));
    event.target.reset();
  } catch (error) {
    $("archive-problem").textContent = error.message;
    $("archive-problem").hidden = false;
  } finally {
    $("archive-status").textContent = "";
    button.disabled = false;
  }
});
