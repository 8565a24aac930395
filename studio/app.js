// The page: a text goes to the Realtime WebSocket, its sound to the worklet, its words to the lights.

const RATE = 24000; // samples a second of audio/pcm

const $ = (id) => document.getElementById(id);
const form = $("speech");
const text = $("text");

// ---- Sound -----------------------------------------------------------------------------------------------

class Sound {
  #ready = null;
  #context = null;
  #node = null;
  #run = 0;
  #last = { played: 0, time: 0 };

  constructor(listen) {
    this.listen = listen;
  }

  // Makes the context ahead of the first speech. Browsers let no page do so before a key or button is pressed.
  prepare() {
    this.#ready ??= this.#make();
    return this.#ready;
  }

  async begin() {
    await this.prepare();
    await this.#context.resume();
    this.#run += 1;
    this.#last = { played: 0, time: 0 };
    this.#node.port.postMessage({ run: this.#run });
  }

  add(pcm) {
    const samples = Float32Array.from(pcm, (sample) => sample / 32768);
    this.#node.port.postMessage({ run: this.#run, samples }, [samples.buffer]);
  }

  end() {
    this.#node.port.postMessage({ run: this.#run, end: true });
  }

  stop() {
    this.#node?.port.postMessage({ stop: true });
  }

  // Samples that have been heard by now, or nearly: what was played, less what is still on its way out.
  heard() {
    if (this.#last.time === 0) return 0;
    const since = this.#heardTime() - this.#last.time;
    return Math.max(0, this.#last.played + since * RATE);
  }

  // When a block that was played at a time of the context is heard, on the page's clock in milliseconds.
  heardAt(time) {
    const { contextTime, performanceTime } = this.#context.getOutputTimestamp();
    if (performanceTime > 0) return performanceTime + (time - contextTime) * 1000;
    const { currentTime, outputLatency, baseLatency } = this.#context;
    return performance.now() + ((outputLatency || baseLatency || 0) - (currentTime - time)) * 1000;
  }

  async #make() {
    const context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    if (context.audioWorklet === undefined) {
      throw new Error("Browsers play sound here only over https or on localhost.");
    }
    await context.audioWorklet.addModule("/studio/player.js");
    this.#node = new AudioWorkletNode(context, "player", { numberOfInputs: 0, outputChannelCount: [1] });
    this.#node.connect(context.destination);
    this.#node.port.onmessage = ({ data }) => this.#hear(data);
    this.#context = context;
  }

  #heardTime() {
    const { contextTime } = this.#context.getOutputTimestamp();
    return contextTime > 0 ? contextTime : this.#context.currentTime - (this.#context.outputLatency || 0);
  }

  #hear(message) {
    if (message.run !== this.#run) return;
    if (message.kind !== "begun") this.#last = message;
    this.listen(message);
  }
}

// ---- Words -----------------------------------------------------------------------------------------------

class Lights {
  #box = $("lights");
  #words = [];
  #lit = -1;
  #units = []; // where each code point of the text lies in it, in UTF-16 units
  #text = "";
  #rest = null;

  begin(spoken) {
    this.clear();
    this.#text = spoken;
    this.#units = [];
    let unit = 0;
    for (const point of spoken) {
      this.#units.push(unit);
      unit += point.length;
    }
    this.#units.push(unit);
    this.#words = [];
    this.#lit = -1;
    this.#rest = document.createTextNode(`${spoken}\n`); // a last empty line has a height only so
    this.#box.replaceChildren(this.#rest);
    this.#box.scrollTop = text.scrollTop;
  }

  add({ source_start: start, source_end: end, audio_offset_ms: from }) {
    const before = this.#text.length + 1 - this.#rest.length;
    const first = this.#units[start];
    const last = this.#units[end];
    if (first < before || last <= first) return; // part of a word that is there already
    const word = this.#rest.splitText(first - before);
    this.#rest = word.splitText(last - first);
    const mark = document.createElement("mark");
    word.replaceWith(mark);
    mark.append(word);
    this.#words.push({ from: (from * RATE) / 1000, mark });
  }

  // Marks what was heard of the text, once it was stopped; until another is spoken or this one is changed.
  cut(heard) {
    const mark = document.createElement("mark");
    mark.className = "heard";
    mark.append(heard);
    this.#box.replaceChildren(mark, `${this.#text.slice(heard.length)}\n`);
    this.#box.classList.add("cut");
    this.#box.scrollTop = text.scrollTop;
  }

  clear() {
    this.#box.classList.remove("cut");
  }

  show(heard) {
    let now = this.#lit;
    while (now + 1 < this.#words.length && this.#words[now + 1].from <= heard) now += 1;
    if (now === this.#lit) return;
    this.#words[this.#lit]?.mark.classList.remove("lit");
    this.#lit = now;
    const { mark } = this.#words[now];
    mark.classList.add("lit");
    const top = mark.offsetTop - text.scrollTop;
    if (top < 0 || top + mark.offsetHeight > text.clientHeight) {
      text.scrollTop = mark.offsetTop - text.clientHeight / 3;
    }
  }
}

// ---- The connection --------------------------------------------------------------------------------------

class Realtime {
  #socket = null;
  #open = null;

  constructor(listen, lose) {
    this.listen = listen;
    this.lose = lose;
  }

  // Returns once the session has been created; opens a connection only where there is none.
  open() {
    this.#open ??= new Promise((resolve, reject) => {
      const address = new URL("/v1/realtime?model=parlando", location.href);
      address.protocol = address.protocol.replace("http", "ws");
      const socket = (this.#socket = new WebSocket(address));
      socket.onmessage = ({ data }) => {
        const event = JSON.parse(data);
        if (event.type === "session.created") resolve();
        this.listen(event);
      };
      socket.onclose = () => {
        this.#open = null;
        reject(new Error("The service does not answer."));
        this.lose();
      };
    });
    return this.#open;
  }

  send(type, fields = {}) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type, ...fields }));
  }
}

function pcmOf(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Int16Array(bytes.buffer); // little-endian, as every machine with a browser is
}

// ---- The page --------------------------------------------------------------------------------------------

const lights = new Lights();
const sound = new Sound(onSound);
const realtime = new Realtime(onEvent, onLoss);

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
  realtime.send("response.create");
}

function stop() {
  if (document.body.dataset.state === "idle") return;
  asked = 0;
  const heard = Math.min(sound.heard(), made);
  sound.stop();
  if (response !== null) realtime.send("response.cancel", { response_id: response });
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

function onEvent(event) {
  switch (event.type) {
    case "session.created":
      if (document.body.dataset.state === "idle") show("idle", "Ready.");
      break;
    case "response.created":
      if (asked === 0) realtime.send("response.cancel", { response_id: event.response.id });
      else response = event.response.id;
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
      if (event.response.status === "failed") fail(event.response.status_details.error.message);
      else sound.end();
      break;
    case "error":
      // A cancel may cross the end of what it cancels.
      if (event.error.code !== "response_cancel_not_active") fail(event.error.message);
      break;
    default:
      break;
  }
}

function onLoss() {
  if (response !== null) fail("The connection was lost.");
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

async function listVoices() {
  const answer = await fetch("/v1/tts/voices");
  if (!answer.ok) return;
  const { voices } = await answer.json();
  const names = new Intl.DisplayNames([navigator.language, "en"], { type: "language" });
  const nameOf = (tag) => {
    try {
      return names.of(tag) ?? tag;
    } catch {
      return tag; // some engines have tags of their own
    }
  };
  const groups = new Map();
  for (const voice of voices) {
    const language = nameOf(voice.language.split("-")[0]);
    groups.set(language, [...(groups.get(language) ?? []), voice]);
  }
  const own = navigator.language.split("-")[0];
  const rank = ([name]) => (name === nameOf(own) ? 0 : 1);
  const sorted = [...groups].sort((a, b) => rank(a) - rank(b) || a[0].localeCompare(b[0]));
  for (const [language, members] of sorted) {
    const group = document.createElement("optgroup");
    group.label = language;
    for (const { engine, id, name } of members) group.append(new Option(name, `${engine}:${id}`));
    $("voice").append(group);
  }
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
listVoices().catch(() => {}); // the engine's own voice is there without a list
