// The worklet: plays samples as they come, without a gap, and counts the gaps it could not avoid.
//
// It is told {run} to begin anew, {run, samples} for more, {run, end: true} when no more follows, and
// {stop: true} to be silent. It tells {run, kind: "begun", time}, {run, kind: "position", played, time, level,
// underruns} about twenty times a second while it plays, and {run, kind: "done", played, underruns}.
// `played` counts samples; `time` is the context's, in seconds, of the block they were played in.

const AHEAD_SECONDS = 0.1; // what is gathered before sound begins, and again after an underrun
const TOLD_SECONDS = 0.05;

class Player extends AudioWorkletProcessor {
  constructor() {
    super();
    this.run = 0;
    this.reset();
    this.port.onmessage = ({ data }) => this.hear(data);
  }

  reset() {
    this.chunks = [];
    this.offset = 0; // samples of the first chunk that were played
    this.queued = 0;
    this.played = 0;
    this.underruns = 0;
    this.level = 0;
    this.ended = false;
    this.begun = false;
    this.playing = false;
    this.fading = false;
    this.over = true;
    this.toldAt = 0;
  }

  hear(message) {
    if (message.stop) {
      this.fading = this.playing;
      this.over = !this.playing;
      return;
    }
    if (message.samples === undefined && !message.end) {
      this.reset();
      this.run = message.run;
      this.over = false;
      return;
    }
    if (message.run !== this.run || this.over || this.fading) return;
    if (message.end) {
      this.ended = true;
    } else {
      this.chunks.push(message.samples);
      this.queued += message.samples.length;
    }
  }

  process(_inputs, [[output]]) {
    if (this.over) return true;
    if (!this.playing && (this.ended || this.queued >= AHEAD_SECONDS * sampleRate)) {
      this.playing = true;
    }
    if (!this.playing) return true;
    if (!this.begun && this.queued > 0) {
      this.begun = true;
      this.tell("begun");
    }
    const written = this.fill(output);
    this.level = Math.max(this.level, loudest(output));
    if (this.fading) this.fade(output);
    else if (written < output.length) this.runDry();
    if (currentTime - this.toldAt >= TOLD_SECONDS) this.tell("position");
    return true;
  }

  fill(output) {
    let written = 0;
    while (written < output.length && this.chunks.length > 0) {
      const rest = this.chunks[0].subarray(this.offset);
      const part = rest.subarray(0, output.length - written);
      output.set(part, written);
      written += part.length;
      this.offset += part.length;
      if (part.length === rest.length) {
        this.chunks.shift();
        this.offset = 0;
      }
    }
    this.played += written;
    this.queued -= written;
    return written;
  }

  // A sound that is cut off clicks: what is stopped falls to silence within this block.
  fade(output) {
    for (let index = 0; index < output.length; index += 1) output[index] *= 1 - index / output.length;
    this.level = 0;
    this.tell("position");
    this.over = true;
  }

  runDry() {
    this.playing = false;
    if (this.ended) {
      this.over = true;
      this.level = 0;
      this.tell("done");
    } else {
      this.underruns += 1;
      this.tell("position");
    }
  }

  tell(kind) {
    const { run, played, underruns, level } = this;
    this.port.postMessage({ kind, run, played, underruns, level, time: currentTime });
    this.level = 0;
    this.toldAt = currentTime;
  }
}

function loudest(samples) {
  let most = 0;
  for (const sample of samples) most = Math.max(most, Math.abs(sample));
  return most;
}

registerProcessor("player", Player);
