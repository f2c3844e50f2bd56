import assert from "node:assert/strict";
import test from "node:test";
import { SentLayers } from "../../web/client/sent_layers.js";

const LARGE = { width: 1280, height: 720 };
const SMALL = { width: 640, height: 480 };
const TINY = { width: 320, height: 240 };

/** A sender that refuses parameters which are not those it has given last, as browsers do. */
function senderOf(layers) {
  let given = null;
  return {
    encodings: layers.encodings,
    getParameters() {
      given = { encodings: this.encodings.map((encoding) => ({ ...encoding })) };
      return given;
    },
    async setParameters(parameters) {
      assert.equal(parameters, given);
      await Promise.resolve();
      this.encodings = parameters.encodings;
      given = null;
    },
  };
}

const sent = ({ encodings }) => encodings.filter((one) => one.active).map(({ rid }) => rid);

test("sent layers: what the size allows, until it is said what is watched", () => {
  assert.deepEqual(sent(new SentLayers("camera", LARGE)), ["q", "h", "f"]);
  assert.deepEqual(sent(new SentLayers("camera", null)), ["q", "h", "f"]);
  assert.deepEqual(sent(new SentLayers("camera", SMALL)), ["q", "h"]);
  assert.deepEqual(sent(new SentLayers("camera", TINY)), ["q"]);
});

for (const [size, watched, expected] of [
  [LARGE, ["q"], ["q"]],
  [LARGE, ["q", "f"], ["q", "f"]],
  [SMALL, ["q", "f"], ["q", "h"]],
  [SMALL, ["f"], ["h"]],
  [TINY, ["h", "f"], ["q"]],
  [LARGE, ["unknown"], []],
]) {
  test(`sent layers: ${watched} of ${size.width} watched`, () => {
    const layers = new SentLayers("camera", size);
    layers.watch(watched);
    assert.deepEqual(sent(layers), expected);
  });
}

test("sent layers: another size changes them, the same one nothing", async () => {
  const layers = new SentLayers("camera", LARGE);
  const sender = senderOf(layers);
  assert.equal(layers.resize({ ...LARGE }), false);
  assert.equal(layers.resize({ width: 720, height: 1280 }), false, "turned by a quarter");
  layers.watch(["q", "h"]);
  assert.equal(layers.resize(TINY), true);
  await layers.apply(sender);
  assert.deepEqual(sent(sender), ["q"]);
  assert.equal(sender.encodings[0].scaleResolutionDownBy, 1);
  layers.resize(LARGE);
  await layers.apply(sender);
  assert.deepEqual(sent(sender), ["q", "h"]);
  assert.equal(sender.encodings[0].scaleResolutionDownBy, 4);
});

test("sent layers: one change at a time, and a refused one harms no later one", async () => {
  const layers = new SentLayers("camera", LARGE);
  const sender = senderOf(layers);
  const refusing = { ...sender, setParameters: () => Promise.reject(new Error("refused")) };
  layers.watch(["q"]);
  const first = layers.apply(refusing);
  layers.watch(["q", "h"]);
  const later = [layers.apply(sender), layers.apply(sender)];
  await assert.rejects(first, /refused/);
  await Promise.all(later);
  assert.deepEqual(sent(sender), ["q", "h"]);
});

test("sent layers: what has no layers keeps its one stream", async () => {
  const layers = new SentLayers("screen", LARGE);
  const sender = senderOf(layers);
  assert.equal(layers.resize(TINY), false);
  layers.watch(["f"]);
  await layers.apply(sender);
  assert.deepEqual(sender.encodings, [{ maxBitrate: 2_000_000, active: true }]);
});

test("sent layers: another codec changes how they are sent, and back", async () => {
  const layers = new SentLayers("camera", SMALL);
  const sender = senderOf(layers);
  const modes = () => sender.encodings.map((one) => one.scalabilityMode);
  assert.equal(layers.suit("VP8"), false);
  assert.equal(layers.suit("VP9"), true);
  assert.equal(layers.suit("VP9"), false);
  await layers.apply(sender);
  assert.deepEqual(modes(), ["L1T3", "L1T3", "L1T3"]);
  assert.equal(layers.resize(TINY), true);
  assert.equal(layers.suit("VP8"), true);
  await layers.apply(sender);
  assert.deepEqual(modes(), [undefined, undefined, undefined]);
  assert.deepEqual(sent(sender), ["q"]);
});
