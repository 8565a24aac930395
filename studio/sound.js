// What is heard: samples go to the worklet, and it tells what was played.

export const RATE = 24000; // samples a second of audio/pcm

export class Sound {
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
