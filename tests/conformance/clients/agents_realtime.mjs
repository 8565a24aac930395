// @openai/agents-realtime: a RealtimeSession over its WebSocket transport.

import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession } from '@openai/agents-realtime';
import { setTimeout as sleep } from 'node:timers/promises';
import { BASE_URL, LONG_TEXT, Suite, TEXT, Told, check, restartEdge, seconds, userSpeech } from './suite.mjs';

const suite = new Suite('@openai/agents-realtime', '@openai/agents-realtime', 'ws');
const URL = `${BASE_URL.replace('http', 'ws')}/realtime?model=gpt-realtime`;

async function connected(use, { url = URL, ...config } = {}) {
  const agent = new RealtimeAgent({ name: 'Speaker', instructions: 'Say what you are given.' });
  const session = new RealtimeSession(agent, {
    transport: new OpenAIRealtimeWebSocket({ url }),
    config: { audio: { input: { turnDetection: { type: 'server_vad', interruptResponse: true } }, ...config } },
  });
  const told = new Told();
  const state = { bytes: 0, interrupted: 0, errors: [] };
  session.on('transport_event', (event) => told.put(event));
  session.on('audio', ({ data }) => { state.bytes += data.byteLength; });
  session.on('audio_interrupted', () => { state.interrupted += 1; });
  session.on('error', ({ error }) => { state.errors.push(error); });
  await session.connect({ apiKey: 'none' });
  try {
    await use(session, told, state);
  } finally {
    session.close();
  }
}

const last = (events) => events.at(-1);
const done = async (told) => last(await told.until('response.done')).response;

suite.cell('connect', '`session.connect()`; its `session.update` and tracing are taken', () =>
  connected(async (_, told, state) => {
    await told.until('session.created');
    await told.until('session.updated');
    await told.until('session.updated'); // its tracing
    check(state.errors.length === 0, state.errors);
  }));

suite.cell('configure', '`config.audio`: voice, speed, turn detection', async () => {
  const lengths = [];
  for (const speed of [1, 2]) {
    await connected(async (session, told, state) => {
      let output;
      do ({ output } = last(await told.until('session.updated')).session.audio); while (!output.voice);
      check(output.voice === 'espeak:en-us+f3' && output.speed === speed, output);
      session.sendMessage(TEXT);
      await done(told);
      lengths.push(seconds(state.bytes));
    }, { output: { voice: 'espeak:en-us+f3', speed } });
  }
  check(lengths[1] < 0.7 * lengths[0], lengths);
});

suite.cell('speak', '`session.sendMessage`; `audio`, `history`', () =>
  connected(async (session, told, state) => {
    session.sendMessage(TEXT);
    await done(told);
    check(seconds(state.bytes) > 3 && seconds(state.bytes) < 10, state.bytes);
    const said = session.history.at(-1);
    check(said.role === 'assistant' && said.content[0].transcript === TEXT, said);
    check(state.errors.length === 0, state.errors);
  }));

suite.cell('cancel', '`session.interrupt()`: `response.cancel`', () =>
  connected(async (session, told, state) => {
    session.sendMessage(LONG_TEXT);
    await told.until('response.output_audio.delta');
    session.interrupt();
    const response = await done(told);
    check(response.status === 'cancelled', response);
    check(response.status_details.reason === 'client_cancelled', response);
    check(state.interrupted === 1, state);
  }));

async function interrupted(session, told) {
  session.sendMessage(LONG_TEXT);
  await told.until('response.output_audio.delta');
  await sleep(900); // so much is played, by the session's own clock
  session.interrupt();
  return last(await told.until('conversation.item.truncated'));
}

suite.cell('truncate', '`session.interrupt()`: `conversation.item.truncate` where its playback stands', () =>
  connected(async (session, told, state) => {
    const cut = await interrupted(session, told);
    check(cut.audio_end_ms >= 800, cut);
    check(state.errors.length === 0, state.errors);
  }));

suite.cell('retrieve', 'by itself after `truncated`; its history shows what was heard', () =>
  connected(async (session, told) => {
    await interrupted(session, told);
    const { item } = last(await told.until('conversation.item.retrieved'));
    const heard = item.content[0].transcript;
    check(heard && LONG_TEXT.startsWith(heard) && heard.length < 100, heard);
    check(session.history.at(-1).content[0].transcript === heard, session.history.at(-1));
  }));

suite.cell('barge-in', '`session.sendAudio` while we speak: `audio_interrupted`, its own truncate, the server’s cancel', () =>
  connected(async (session, told, state) => {
    session.sendMessage(LONG_TEXT);
    await told.until('response.output_audio.delta');
    for (const piece of userSpeech()) {
      session.sendAudio(piece.buffer.slice(piece.byteOffset, piece.byteOffset + piece.length));
    }
    await told.until('input_audio_buffer.speech_started');
    const response = await done(told);
    check(response.status_details.reason === 'turn_detected', response);
    await told.until('conversation.item.truncated', 'input_audio_buffer.speech_stopped');
    check(state.interrupted === 1, state);
    check(state.errors.length === 0, state.errors);
  }));

suite.cell('errors', '`error` events of the session; it goes on', () =>
  connected(async (session, told, state) => {
    session.transport.sendEvent({ type: 'response.cancel' });
    await told.until('error');
    check(state.errors[0].error.code === 'response_cancel_not_active', state.errors);
    session.sendMessage(TEXT);
    check((await done(told)).status === 'completed', 'not spoken');
  }));

suite.cell('reconnect', 'by the caller, with `?session=` in the URL', async () => {
  let sessionId;
  let itemId;
  const output = { voice: 'espeak:en-us+f3' };
  await connected(async (session, told) => {
    const lost = new Promise((resolve) => { session.transport.on('disconnected', resolve); });
    sessionId = last(await told.until('session.created')).session.id;
    session.sendMessage(TEXT);
    itemId = (await done(told)).output[0].id;
    await restartEdge();
    await lost;
  }, { output });
  await connected(async (session, told) => {
    const created = last(await told.until('session.created')).session;
    check(created.id === sessionId && created.audio.output.voice === output.voice, created);
    session.transport.sendEvent({ type: 'conversation.item.retrieve', item_id: itemId });
    const { item } = last(await told.until('conversation.item.retrieved'));
    check(item.content[0].transcript === TEXT, item);
    check(session.history.some((each) => each.itemId === itemId), session.history);
  }, { url: `${URL}&session=${sessionId}`, output });
});

await suite.run();
