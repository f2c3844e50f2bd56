/** Compiled, never run: what client.d.ts declares is what the modules are. */

import type * as Declared from "../../web/client.js";
import { RodaApi } from "../../web/api.js";
import { RodaError } from "../../web/client/errors.js";
import * as media from "../../web/client/media.js";
import { RodaClient } from "../../web/client/roda_client.js";

export const api: Declared.RodaApi = new RodaApi();
export const error: Declared.RodaError = new RodaError("code");
export const client: Declared.RodaClient = new RodaClient({ api: new RodaApi(), sessionToken: "" });
export const functions: Pick<
  typeof Declared,
  "deviceError" | "listDevices" | "openBoth" | "openCamera" | "openMicrophone" | "openScreen"
> = media;
