// Speaks a text through parlando.speech.v1.SpeechService/Say, from a page or from Node.

import { createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { SpeechService } from './gen/parlando/speech/v1/speech_service_pb.js';

/** Yields what happens, in order: `{ case: 'audio', value: { data, firstSample, … } }`. */
export async function* say(baseUrl, request, options) {
  const client = createClient(SpeechService, createGrpcWebTransport({ baseUrl }));
  for await (const { events } of client.say(request, options)) {
    for (const { event } of events) yield event;
  }
}
