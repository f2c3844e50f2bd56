/** What this browser remembers of its person: name, devices, language, theme, panel. */

const PREFIX = "roda.";

/**
 * @typedef {"name" | "camera" | "microphone" | "speaker" | "language" | "theme" | "panel"
 *   | "cameraOn" | "microphoneOn"} Preference
 */

export class Preferences {
  #storage;

  /** @param {Pick<Storage, "getItem" | "setItem" | "removeItem">} storage */
  constructor(storage) {
    this.#storage = storage;
  }

  /** @param {Preference} key @returns {string} empty when never set */
  get(key) {
    return this.#storage.getItem(PREFIX + key) ?? "";
  }

  /** @param {Preference} key @param {string} value empty forgets it */
  set(key, value) {
    if (value) this.#storage.setItem(PREFIX + key, value);
    else this.#storage.removeItem(PREFIX + key);
  }
}

/** For browsers that refuse storage: remembers until the page is closed. */
export class MemoryStorage {
  /** @type {Map<string, string>} */
  #values = new Map();

  /** @param {string} key */
  getItem(key) {
    return this.#values.get(key) ?? null;
  }

  /** @param {string} key @param {string} value */
  setItem(key, value) {
    this.#values.set(key, value);
  }

  /** @param {string} key */
  removeItem(key) {
    this.#values.delete(key);
  }
}

/** @param {() => Storage} open reading `window.localStorage` throws where it is forbidden */
export function storageOrMemory(open) {
  try {
    return open();
  } catch (error) {
    console.info("Storage is not available; choices last until the page closes.", error);
    return new MemoryStorage();
  }
}
