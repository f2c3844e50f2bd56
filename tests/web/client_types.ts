/** Compiled, never run: what client.d.ts declares is what the modules are, no less and no more. */

import type * as Declared from "../../web/client.js";
import { RodaApi } from "../../web/api.js";
import { RodaError } from "../../web/client/errors.js";
import * as media from "../../web/client/media.js";
import { RodaClient } from "../../web/client/roda_client.js";

/** What is public of a class, as a type that another class can have too. */
type Public<T> = { [K in keyof T]: T[K] };
/** `true` where both have the same names; else compiling stops at what one lacks. */
type Same<A, B> = [Exclude<keyof A, keyof B>, Exclude<keyof B, keyof A>] extends [never, never]
  ? true
  : { undeclared: Exclude<keyof A, keyof B>; missing: Exclude<keyof B, keyof A> };

export const api: Declared.RodaApi = new RodaApi();
export const error: Declared.RodaError = new RodaError("code");
export const client: Declared.RodaClient = new RodaClient({ api: new RodaApi(), sessionToken: "" });
export const functions: Omit<typeof Declared, "RodaApi" | "RodaError" | "RodaClient"> = media;

declare const declaredApi: Public<Declared.RodaApi>;
export const apiFromDeclared: Public<RodaApi> = declaredApi;
export const sameApi: Same<RodaApi, Declared.RodaApi> = true;
export const sameClient: Same<RodaClient, Declared.RodaClient> = true;
export const sameError: Same<RodaError, Declared.RodaError> = true;
