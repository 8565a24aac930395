// What a client's program tells of the client: the same lines as suite.py's.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export const BASE_URL = process.env.CONFORMANCE_BASE_URL;
export const TEXT = 'Good morning. The ferry leaves at nine, and the next one at noon.';
export const LONG_TEXT = Array(20).fill(TEXT).join(' ');
export const RATE = 24_000;

const CHECK_MS = 60_000;
const require = createRequire(import.meta.url);
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');

/** What a user says, in pieces of 20 ms, then a second of silence. */
export function* userSpeech() {
  const speech = readFileSync(process.env.CONFORMANCE_SPEECH);
  const size = (RATE / 50) * 2;
  for (let start = 0; start < speech.length; start += size) yield speech.subarray(start, start + size);
  for (let count = 0; count < 50; count += 1) yield Buffer.alloc(size);
}

/** How long 16-bit PCM lasts. */
export const seconds = (bytes) => bytes / 2 / RATE;

export function check(holds, otherwise) {
  if (!holds) throw new Error(`found: ${JSON.stringify(otherwise) ?? otherwise}`);
}

/** Has the edge killed, and returns once the system is ready again. */
export async function restartEdge() {
  say({ please: 'restart the edge' });
  await answers.next();
}

/** Events in the order in which they came. */
export class Told {
  #waiting = [];
  #wake = () => {};

  put(event) {
    this.#waiting.push(event);
    this.#wake();
  }

  async next() {
    while (this.#waiting.length === 0) await new Promise((wake) => { this.#wake = wake; });
    return this.#waiting.shift();
  }

  /** The events up to the first of some types; an error that is not asked for fails. */
  async until(...types) {
    const events = [];
    for (;;) {
      const event = await this.next();
      events.push(event);
      if (types.includes(event.type)) return events;
      check(event.type !== 'error', event);
    }
  }
}

export class Suite {
  #cells = [];
  #notOffered = [];

  constructor(client, ...packages) {
    this.client = client;
    this.packages = packages;
  }

  cell(name, exercises, run) {
    this.#cells.push({ name, exercises, run });
  }

  notOffered(name, reason) {
    this.#notOffered.push({ name, reason });
  }

  async run() {
    const versions = Object.fromEntries(this.packages.map((name) => [name, versionOf(name)]));
    say({ client: this.client, versions });
    for (const { name, reason } of this.#notOffered) say({ cell: name, outcome: 'not offered', said: reason });
    const only = process.argv.slice(2);
    for (const { name, exercises, run } of this.#cells) {
      if (only.length > 0 && !only.includes(name)) continue;
      try {
        await Promise.race([run(), late()]);
        say({ cell: name, outcome: 'green', said: exercises });
      } catch (error) {
        say({ cell: name, outcome: 'red', said: error.stack ?? String(error) });
      }
    }
    process.exit(0);
  }
}

const late = () => new Promise((_, fail) => { setTimeout(() => fail(new Error('it took too long')), CHECK_MS).unref(); });

function versionOf(name) {
  const [main] = require.resolve.paths(name);
  return JSON.parse(readFileSync(`${main}/${name}/package.json`)).version;
}
