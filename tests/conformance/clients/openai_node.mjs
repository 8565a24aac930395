// openai-node: its Realtime connection over ws. It speaks to wss addresses alone.

import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { BASE_URL, LONG_TEXT, Suite, TEXT, Told, check, restartEdge, seconds, userSpeech } from './suite.mjs';

const suite = new Suite('openai-node', 'openai', 'ws');

async function connected(use, props = {}) {
  const client = new OpenAI({ baseURL: BASE_URL, apiKey: 'none' });
  const realtime = new OpenAIRealtimeWS({ model: 'gpt-realtime', ...props }, client);
  const told = new Told();
  realtime.on('event', (event) => told.put(event));
  realtime.on('error', () => {}); // without a listener it would end the process
  try {
    await use(realtime, told, client);
  } finally {
    realtime.close();
  }
}

const write = (realtime, text) =>
  realtime.send({
    type: 'conversation.item.create',
    item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
  });

function say(realtime, text) {
  write(realtime, text);
  realtime.send({ type: 'response.create' });
}

const bytesOf = (events) =>
  events
    .filter((event) => event.type === 'response.output_audio.delta')
    .reduce((bytes, event) => bytes + Buffer.from(event.delta, 'base64').length, 0);

const last = (events) => events.at(-1);

suite.cell('connect', '`new OpenAIRealtimeWS({model}, client)` over TLS', () =>
  connected(async (_, told) => {
    const [event] = await told.until('session.created');
    check(event.session.type === 'realtime', event);
  }));

suite.cell('configure', '`session.update`: voice, speed, formats, turn detection', () =>
  connected(async (realtime, told) => {
    await told.until('session.created');
    const lengths = [];
    for (const speed of [1, 2]) {
      const output = { voice: 'espeak:en-us+f3', speed, format: { type: 'audio/pcma' } };
      const input = { format: { type: 'audio/pcmu' }, turn_detection: { type: 'semantic_vad', eagerness: 'high' } };
      realtime.send({ type: 'session.update', session: { type: 'realtime', audio: { input, output } } });
      const { audio } = last(await told.until('session.updated')).session;
      check(audio.output.speed === speed && audio.output.format.type === 'audio/pcma', audio);
      check(audio.input.turn_detection.eagerness === 'high' && audio.input.format.type === 'audio/pcmu', audio);
      say(realtime, TEXT);
      lengths.push(bytesOf(await told.until('response.done')) / 8_000);
    }
    check(lengths[1] < 0.7 * lengths[0] && lengths[0] > 3, lengths);
  }));

suite.cell('speak', '`conversation.item.create`, `response.create`; typed events', () =>
  connected(async (realtime, told) => {
    let transcript = '';
    realtime.on('response.output_audio_transcript.delta', ({ delta }) => { transcript += delta; });
    await told.until('session.created');
    say(realtime, TEXT);
    const events = await told.until('response.done');
    check(last(events).response.status === 'completed', last(events));
    check(transcript === TEXT, transcript);
    check(seconds(bytesOf(events)) > 3, bytesOf(events));
  }));

suite.cell('cancel', '`response.cancel`', () =>
  connected(async (realtime, told) => {
    await told.until('session.created');
    say(realtime, LONG_TEXT);
    await told.until('response.output_audio.delta');
    realtime.send({ type: 'response.cancel' });
    const { response } = last(await told.until('response.done'));
    check(response.status_details.reason === 'client_cancelled', response);
  }));

async function spoken(realtime, told) {
  await told.until('session.created');
  say(realtime, TEXT);
  return last(await told.until('response.done')).response.output[0].id;
}

suite.cell('truncate', '`conversation.item.truncate`', () =>
  connected(async (realtime, told) => {
    const id = await spoken(realtime, told);
    realtime.send({ type: 'conversation.item.truncate', item_id: id, content_index: 0, audio_end_ms: 900 });
    const event = last(await told.until('conversation.item.truncated'));
    check(event.audio_end_ms === 900, event);
  }));

suite.cell('retrieve', '`conversation.item.retrieve`, before and after a truncation', () =>
  connected(async (realtime, told) => {
    const id = await spoken(realtime, told);
    const retrieve = { type: 'conversation.item.retrieve', item_id: id };
    realtime.send(retrieve);
    const whole = last(await told.until('conversation.item.retrieved')).item.content[0].transcript;
    check(whole === TEXT, whole);
    realtime.send({ type: 'conversation.item.truncate', item_id: id, content_index: 0, audio_end_ms: 900 });
    realtime.send(retrieve);
    const heard = last(await told.until('conversation.item.retrieved')).item.content[0].transcript;
    check(heard && heard !== TEXT && TEXT.startsWith(heard), heard);
  }));

suite.cell('barge-in', '`input_audio_buffer.append` while we speak', () =>
  connected(async (realtime, told) => {
    await told.until('session.created');
    say(realtime, LONG_TEXT);
    await told.until('response.output_audio.delta');
    for (const piece of userSpeech()) {
      realtime.send({ type: 'input_audio_buffer.append', audio: piece.toString('base64') });
    }
    await told.until('input_audio_buffer.speech_started');
    const { response } = last(await told.until('response.done'));
    check(response.status_details.reason === 'turn_detected', response);
    await told.until('input_audio_buffer.speech_stopped');
    await told.until('input_audio_buffer.committed');
  }));

suite.cell('errors', '`error` events; the session goes on', () =>
  connected(async (realtime, told) => {
    await told.until('session.created');
    realtime.send({ type: 'response.cancel', event_id: 'mine' });
    const { error } = last(await told.until('error'));
    check(error.code === 'response_cancel_not_active' && error.event_id === 'mine', error);
    say(realtime, TEXT);
    check(last(await told.until('response.done')).response.status === 'completed', 'not spoken');
  }));

suite.cell('reconnect', '`reconnect: true`: by itself, with `?session=` in the base URL', () =>
  connected(async (realtime, told, client) => {
    const [created] = await told.until('session.created');
    client.baseURL = `${BASE_URL}?session=${created.session.id}`; // what the next connection is made to
    const audio = { output: { voice: 'espeak:en-us+f3', speed: 1.5 } };
    realtime.send({ type: 'session.update', session: { type: 'realtime', audio } });
    say(realtime, TEXT);
    const id = last(await told.until('response.done')).response.output[0].id;
    const back = new Promise((resolve) => { realtime.on('reconnected', resolve); });
    await restartEdge();
    await back;
    const [again] = await told.until('session.created');
    check(again.session.id === created.session.id, again);
    check(again.session.audio.output.voice === 'espeak:en-us+f3' && again.session.audio.output.speed === 1.5, again);
    realtime.send({ type: 'conversation.item.retrieve', item_id: id });
    const { item } = last(await told.until('conversation.item.retrieved'));
    check(item.content[0].transcript === TEXT, item);
  }, { reconnect: true, maxReconnectAttempts: 20 }));

await suite.run();
