/**
 * Roda in the browser, without a page: import this to put a session into a page of your own.
 * Types are in client.d.ts.
 */
export { RodaApi } from "./api.js";
export { RodaError } from "./client/errors.js";
export {
  deviceError,
  listDevices,
  openBoth,
  openCamera,
  openMicrophone,
  openScreen,
} from "./client/media.js";
export { RodaClient } from "./client/roda_client.js";
