/**
 * @typedef {{ width: number, height: number, pinned: boolean }} Wish how a picture is shown, in
 *   device pixels; 0×0: not at all
 */

const DELAY_MS = 300; // a window being resized changes its sizes many times a second
const STEP_PX = 32; // smaller changes are of no use to the server

/** Tells the server how large the others' pictures are shown, when that has changed. */
export class Wishes {
  #send;
  /** @type {Map<string, string>} what the server knows, by track id */
  #told = new Map();
  /** @type {ReadonlyMap<string, Wish>} */
  #wanted = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {(tracks: ({ track_id: string } & Wish)[]) => Promise<unknown>} send */
  constructor(send) {
    this.#send = send;
  }

  /** @param {ReadonlyMap<string, Wish>} wanted by track id; all tracks there are */
  set(wanted) {
    this.#wanted = new Map([...wanted].map(([id, wish]) => [id, rounded(wish)]));
    this.#timer ??= setTimeout(() => void this.#tell(), DELAY_MS);
  }

  /** The server knows nothing any more: another connection. */
  forget() {
    this.#told.clear();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #tell() {
    this.#timer = undefined;
    for (const id of this.#told.keys()) if (!this.#wanted.has(id)) this.#told.delete(id);
    const changed = [...this.#wanted].filter(
      ([id, wish]) => this.#told.get(id) !== JSON.stringify(wish),
    );
    if (changed.length === 0) return;
    for (const [id, wish] of changed) this.#told.set(id, JSON.stringify(wish));
    try {
      await this.#send(changed.slice(0, 64).map(([id, wish]) => ({ track_id: id, ...wish })));
    } catch {
      for (const [id] of changed) this.#told.delete(id); // asked again with the next change
    }
  }
}

/** @param {Wish} wish @returns {Wish} */
function rounded({ width, height, pinned }) {
  const up = (/** @type {number} */ size) => Math.min(16384, Math.ceil(size / STEP_PX) * STEP_PX);
  return { width: up(width), height: up(height), pinned };
}
