// The page: a text goes to the Realtime WebSocket, its sound to the worklet, its words to the lights.

import { Lights } from "./lights.js";
import { Realtime, pcmOf } from "./realtime.js";
import { RATE, Sound } from "./sound.js";
import { listVoices } from "./voices.js";

const $ = (id) => document.getElementById(id);
const form = $("speech");
const text = $("text");

const lights = new Lights($("lights"), text);
const sound = new Sound(onSound);
const realtime = new Realtime(onEvent, onLoss);

// A cancel may cross the end of what it cancels; a connection that was idle for too long is opened again by Speak.
const UNTOLD = new Set(["response_cancel_not_active", "session_expired"]);
const OVER = "This connection has lasted as long as one may, and the rest was not made. Speak begins a new one.";

let asked = 0; // when the button was pressed, in milliseconds of the page's clock
let response = null; // id of the one that is being spoken
let item = null; // id of what it speaks
let stopped = null; // id of the item that was stopped last, until another is spoken
let made = 0; // samples that have come

function show(state, status) {
  document.body.dataset.state = state;
  $("status").textContent = status;
  $("stop").disabled = state === "idle";
  text.readOnly = state !== "idle";
}

function showTrouble(message) {
  $("trouble").textContent = message;
  $("trouble").hidden = message === "";
  $("trouble").scrollIntoView({ block: "nearest" });
}

function showHeard(samples) {
  const seconds = (count) => (count / RATE).toFixed(1);
  $("heard").textContent = `${seconds(Math.min(samples, made))} of ${seconds(made)} s`;
}

async function speak() {
  if (!form.reportValidity()) return;
  stop();
  stopped = null;
  lights.clear();
  asked = performance.now();
  made = 0;
  showTrouble("");
  show("waiting", "Waiting for the first sound…");
  $("first-sound").textContent = "–";
  $("underruns").textContent = "0";
  showHeard(0);
  const turn = asked;
  try {
    await Promise.all([sound.begin(), realtime.open()]);
  } catch (error) {
    fail(error.message);
    return;
  }
  if (turn !== asked) return; // stopped, or asked again, in the meantime
  lights.begin(text.value);
  const output = { voice: $("voice").value || null, speed: Number($("speed").value) };
  realtime.send("session.update", {
    session: { type: "realtime", audio: { output }, parlando: { word_timestamps: true } },
  });
  realtime.send("conversation.item.create", {
    item: { type: "message", role: "user", content: [{ type: "input_text", text: text.value }] },
  });
  realtime.send("response.create", { response: { metadata: { asked: String(asked) } } });
}

function stop() {
  if (document.body.dataset.state === "idle") return;
  asked = 0;
  const heard = Math.min(sound.heard(), made);
  sound.stop();
  // One that was asked for, and of which nothing has come yet, has no id here.
  realtime.send("response.cancel", response === null ? {} : { response_id: response });
  if (item !== null) {
    const until = Math.floor((heard * 1000) / RATE);
    realtime.send("conversation.item.truncate", { item_id: item, content_index: 0, audio_end_ms: until });
    realtime.send("conversation.item.retrieve", { item_id: item });
    stopped = item;
  }
  response = item = null;
  $("level").value = 0;
  show("idle", "Stopped.");
}

function fail(message) {
  stop();
  show("idle", "Ready.");
  showTrouble(message);
}

function endEarly({ code, message }) {
  if (code !== "session_expired") fail(message);
  else if (made === 0) fail(OVER);
  else {
    showTrouble(OVER);
    sound.end(); // what has come is heard
  }
}

function onEvent(event) {
  switch (event.type) {
    case "session.created":
      listVoices($("voice")).catch(() => {}); // the engine's own voice is there without a list
      if (document.body.dataset.state === "idle") show("idle", "Ready.");
      break;
    case "response.created":
      // One that was stopped before this is not what was asked for since.
      if (event.response.metadata.asked === String(asked)) response = event.response.id;
      break;
    case "response.output_item.added":
      if (event.response_id === response) item = event.item.id;
      break;
    case "conversation.item.retrieved":
      if (event.item.id === stopped && event.item.parlando) lights.cut(event.item.parlando.heard_text);
      break;
    case "response.output_audio.delta": {
      if (event.response_id !== response) break;
      const pcm = pcmOf(event.delta);
      made += pcm.length;
      sound.add(pcm);
      break;
    }
    case "response.audio_timestamp.delta":
      if (event.response_id === response) lights.add(event);
      break;
    case "response.done":
      if (event.response.id !== response) break;
      response = null;
      if (event.response.status === "failed") endEarly(event.response.status_details.error);
      else sound.end();
      break;
    case "error":
      if (!UNTOLD.has(event.error.code)) fail(event.error.message);
      break;
    default:
      break;
  }
}

function onLoss() {
  // What was asked of a connection that ended meanwhile is never answered.
  const unanswered = document.body.dataset.state === "waiting" && made === 0;
  if (response !== null || unanswered) fail("The connection was lost. Speak tries again.");
  response = item = null;
}

function onSound({ kind, played, underruns, level, time }) {
  if (asked === 0) return;
  if (kind === "begun") {
    const after = Math.max(0, sound.heardAt(time) - asked);
    $("first-sound").textContent = `${Math.round(after)} ms`;
    show("speaking", "Speaking.");
    requestAnimationFrame(follow);
    return;
  }
  $("underruns").textContent = String(underruns);
  $("level").value = level;
  if (kind === "done") {
    asked = 0;
    item = null;
    showHeard(played);
    show("idle", "Done.");
  }
}

function follow() {
  if (document.body.dataset.state !== "speaking") return;
  const heard = sound.heard();
  lights.show(heard);
  showHeard(heard);
  requestAnimationFrame(follow);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  speak();
});
$("stop").addEventListener("click", stop);
$("speed").addEventListener("input", () => {
  const speed = Number($("speed").value).toFixed(2).replace(/0$/, "");
  $("speed-shown").textContent = `${speed}×`;
  $("speed").setAttribute("aria-valuetext", `${speed} times`);
});
text.addEventListener("input", () => lights.clear());
text.addEventListener("scroll", () => {
  $("lights").scrollTop = text.scrollTop;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") stop();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    speak();
  }
});

for (const press of ["pointerdown", "keydown"]) {
  // A failure is told by the speech that follows.
  addEventListener(press, () => sound.prepare().catch(() => {}), { once: true, capture: true });
}

show("idle", "Connecting…");
realtime.open().catch(() => show("idle", "The service does not answer; Speak tries again."));
