// Connect's client for the web, with stubs that it generates: speech over gRPC-Web.

import { Code, ConnectError } from '@connectrpc/connect';
import { BASE_URL, LONG_TEXT, RATE, Suite, TEXT, check } from './suite.mjs';
import { say } from './say.mjs';

const suite = new Suite(
  'Connect for the web, gRPC-Web', '@connectrpc/connect', '@connectrpc/connect-web', '@bufbuild/protoc-gen-es');
const { origin } = new URL(BASE_URL);

/** What a request yields: events by kind, and the samples of all frames. */
async function told(request, options) {
  const kinds = [];
  let samples = 0, last;
  for await (const event of say(origin, request, options)) {
    kinds.push(event.case);
    if (event.case === 'audio') samples += event.value.data.length / 2;
    last = event;
  }
  return { kinds, samples, last };
}

suite.cell('speak', '`client.say()`: every event in order, and the samples that `finished` counts', async () => {
  const { kinds, samples, last } = await told({ text: TEXT });
  check(kinds[0] === 'started' && kinds.includes('words'), kinds);
  check(last.case === 'finished' && Number(last.value.sampleCount) === samples, [kinds, samples]);
  check(samples > 3 * RATE && samples < 10 * RATE, samples);
  check(last.value.words.length === TEXT.split(' ').length, last.value.words.length);
});

suite.cell('configure', "`settings`: voice, speed, the format's rate", async () => {
  const usual = await told({ text: TEXT });
  const prosody = { speed: 2 };
  const fast = await told({ text: TEXT, settings: { voice: 'espeak:en-us+f3', prosody } });
  check(fast.samples < 0.7 * usual.samples, [fast.samples, usual.samples]);
  const narrow = await told({ text: TEXT, settings: { format: { sampleRateHz: 8_000 } } });
  check(Math.abs(narrow.samples - usual.samples / 3) < 800, [narrow.samples, usual.samples]);
});

suite.cell('cancel', "an `AbortController`'s signal, after the first audio", async () => {
  const abort = new AbortController();
  let frames = 0;
  try {
    for await (const event of say(origin, { text: LONG_TEXT }, { signal: abort.signal })) {
      if (event.case !== 'audio') continue;
      frames += 1;
      abort.abort();
    }
  } catch (error) {
    check(ConnectError.from(error).code === Code.Canceled && frames > 0, [error, frames]);
    check((await told({ text: TEXT })).last.case === 'finished', 'not spoken after it');
    return;
  }
  throw new Error('it went on');
});

suite.cell('errors', '`ConnectError` with code, message and `google.rpc.ErrorInfo`; `timeoutMs`', async () => {
  const refused = async (request, options) => {
    try {
      await told(request, options);
    } catch (error) {
      return ConnectError.from(error);
    }
    throw new Error('it was spoken');
  };
  const unknown = await refused({ text: TEXT, settings: { voice: 'nobody' } });
  check(unknown.code === Code.NotFound && unknown.rawMessage.includes('voice'), unknown);
  check(unknown.details.some(({ type }) => type === 'google.rpc.ErrorInfo'), unknown.details);
  check((await refused({ text: '' })).code === Code.InvalidArgument, 'an empty text');
  check((await refused({ text: LONG_TEXT.repeat(10) }, { timeoutMs: 1 })).code === Code.DeadlineExceeded, 'late');
});

await suite.run();
