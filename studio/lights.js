// The words: each is lit while it is heard.

import { RATE } from "./sound.js";

export class Lights {
  #box;
  #over;
  #words = [];
  #lit = -1;
  #units = []; // where each code point of the text lies in it, in UTF-16 units
  #text = "";
  #rest = null;

  // `box` lies behind the text area `over`, and scrolls with it.
  constructor(box, over) {
    this.#box = box;
    this.#over = over;
  }

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
    this.#box.scrollTop = this.#over.scrollTop;
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
    this.#box.scrollTop = this.#over.scrollTop;
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
    const top = mark.offsetTop - this.#over.scrollTop;
    if (top < 0 || top + mark.offsetHeight > this.#over.clientHeight) {
      this.#over.scrollTop = mark.offsetTop - this.#over.clientHeight / 3;
    }
  }
}
