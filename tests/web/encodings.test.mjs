import assert from "node:assert/strict";
import test from "node:test";
import { encodingsOf } from "../../web/client/encodings.js";

/** `[width, height]` of the camera, and the widths sent of it. */
for (const [size, widths] of [
  [null, [320, 640, 1280]],
  [{ width: 1920, height: 1080 }, [480, 960, 1920]],
  [{ width: 1280, height: 720 }, [320, 640, 1280]],
  [{ width: 720, height: 1280 }, [180, 360, 720]],
  [{ width: 960, height: 540 }, [240, 480, 960]],
  [{ width: 640, height: 480 }, [320, 640]],
  [{ width: 480, height: 270 }, [240, 480]],
  [{ width: 320, height: 240 }, [320]],
  [{ width: 160, height: 120 }, [160]],
]) {
  test(`encodings: a camera of ${size ? `${size.width}×${size.height}` : "unknown size"}`, () => {
    const encodings = encodingsOf("camera", size);
    assert.deepEqual(
      encodings.map(({ rid }) => rid),
      ["q", "h", "f"],
    );
    const sent = encodings.filter(({ active }) => active);
    const width = size?.width ?? 1280;
    assert.deepEqual(
      sent.map(({ scaleResolutionDownBy }) => width / scaleResolutionDownBy),
      widths,
    );
  });
}

test("encodings: bits by the picture's size", () => {
  const rates = (width, height) =>
    encodingsOf("camera", { width, height }).map(({ maxBitrate }) => maxBitrate);
  assert.deepEqual(rates(1280, 720), [150_000, 475_000, 1_500_000]);
  assert.deepEqual(rates(640, 480).slice(0, 2), [191_000, 603_000]);
  assert.equal(rates(1920, 1080)[2], 1_500_000);
});

for (const source of ["microphone", "screen", "screen_audio"]) {
  test(`encodings: ${source} is one stream`, () => {
    const [only, ...others] = encodingsOf(source, { width: 320, height: 240 });
    assert.equal(only.rid, undefined);
    assert.deepEqual(others, []);
  });
}

for (const [codec, mode] of [
  ["", undefined],
  ["VP8", undefined],
  ["H264", undefined],
  ["VP9", "L1T3"],
  ["AV1", "L1T3"],
]) {
  test(`encodings: frames can be left out of ${codec || "an unknown codec"}: ${mode}`, () => {
    const modes = (source) => encodingsOf(source, null, codec).map((one) => one.scalabilityMode);
    assert.deepEqual(modes("camera"), [mode, mode, mode]);
    assert.deepEqual(modes("screen"), [mode]);
    assert.deepEqual(modes("microphone"), [undefined]);
  });
}
