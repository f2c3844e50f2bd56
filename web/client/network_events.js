/**
 * What the browser tells of a change of network; few tell all of it, and none quickly.
 * @param {() => void} onChange
 * @returns {() => void} stops telling
 */
export function onNetworkChange(onChange) {
  const abort = new AbortController();
  const { signal } = abort;
  globalThis.addEventListener?.("online", onChange, { signal });
  const connection = /** @type {{ connection?: EventTarget }} */ (globalThis.navigator ?? {})
    .connection;
  connection?.addEventListener?.("change", onChange, { signal });
  return () => abort.abort();
}
