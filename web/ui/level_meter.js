/**
 * How loud a microphone is, for a meter. Nothing is recorded or sent.
 */
export class LevelMeter {
  #context;
  #analyser;
  #samples;
  #source;

  /** @param {MediaStreamTrack} track */
  constructor(track) {
    this.#context = new AudioContext();
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 512;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
  }

  /** @returns {number} 0–1, of the last 10 ms or so */
  read() {
    // Browsers let sound be looked at only after the first click or key on the page.
    const touched = navigator.userActivation?.hasBeenActive ?? true;
    if (this.#context.state === "suspended" && touched) void this.#context.resume();
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return loudness(this.#samples);
  }

  close() {
    this.#source.disconnect();
    void this.#context.close();
  }
}

const QUIETEST_DB = -60;

/**
 * Root mean square on a decibel scale: 0 at −60 dBFS and below, 1 at full scale.
 * @param {ArrayLike<number>} samples −1–1
 * @returns {number}
 */
export function loudness(samples) {
  let sum = 0;
  for (let index = 0; index < samples.length; index += 1) {
    const sample = samples[index] ?? 0;
    sum += sample * sample;
  }
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  if (rms === 0) return 0;
  const db = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, 1 - db / QUIETEST_DB));
}
