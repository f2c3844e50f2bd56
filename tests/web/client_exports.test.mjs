import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import * as library from "../../web/client.js";

test("the library exports what its types declare", async () => {
  const types = await readFile(new URL("../../web/client.d.ts", import.meta.url), "utf8");
  const declared = [...types.matchAll(/^export declare (?:class|function) (\w+)/gm)];
  assert.deepEqual(declared.map(([, name]) => name).sort(), Object.keys(library).sort());
});
