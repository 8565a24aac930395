// openai-node: speech over HTTP.

import OpenAI, { NotFoundError } from 'openai';
import { BASE_URL, LONG_TEXT, RATE, Suite, TEXT, check, seconds } from './suite.mjs';

const suite = new Suite('openai-node, speech', 'openai');
const client = new OpenAI({ baseURL: BASE_URL, apiKey: 'none', maxRetries: 0 });

const speech = (more = {}) =>
  client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: TEXT, response_format: 'pcm', ...more });

const lengthOf = async (response) => seconds((await response.arrayBuffer()).byteLength);

suite.cell('speak', '`audio.speech.create` in each format', async () => {
  const length = await lengthOf(await speech());
  check(length > 3 && length < 10, length);
  for (const [format, head] of [['mp3', null], ['opus', 'OggS'], ['flac', 'fLaC'], ['wav', 'RIFF'], ['aac', null]]) {
    const bytes = Buffer.from(await (await speech({ response_format: format })).arrayBuffer());
    check(bytes.length > 5_000, [format, bytes.length]);
    check(head === null || bytes.subarray(0, 4).toString() === head, [format, bytes.subarray(0, 4).toString()]);
  }
});

suite.cell('configure', '`voice`, `speed`, `instructions`', async () => {
  const usual = await lengthOf(await speech());
  const fast = await lengthOf(await speech({ voice: 'espeak:en-us+f3', speed: 2, instructions: 'calm' }));
  check(fast < 0.7 * usual, [fast, usual]);
});

suite.cell('cancel', "an `AbortController`'s signal, after the first audio", async () => {
  const abort = new AbortController();
  const response = await client.audio.speech.create(
    { model: 'tts-1', voice: 'alloy', input: LONG_TEXT, response_format: 'pcm' },
    { signal: abort.signal },
  );
  const reader = response.body.getReader();
  const { value } = await reader.read();
  check(value.length > 0 && value.length < RATE * 60, value.length);
  abort.abort();
  await reader.read().then(
    () => reader.read().then((more) => check(more.done, 'it went on'), () => {}),
    (error) => check(error.name === 'AbortError', error),
  );
  check((await lengthOf(await speech())) > 3, 'not spoken after it');
});

suite.cell('errors', '`NotFoundError` with our code and message', async () => {
  try {
    await speech({ model: 'nowhere' });
  } catch (error) {
    check(error instanceof NotFoundError && error.code === 'model_not_found', error);
    return;
  }
  throw new Error('it was spoken');
});

await suite.run();
