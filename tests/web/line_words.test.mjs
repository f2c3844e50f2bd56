import assert from "node:assert/strict";
import test from "node:test";
import { translator } from "../../web/ui/i18n.js";
import { figures, lineAdvice, lineTitle, summaryWords } from "../../web/ui/lines/line_words.js";
import { shownNames } from "../../web/ui/lines/lines_view.js";

const t = translator("en");
const UNKNOWN = { level: null, lossShare: null, bitrateBps: null, jitterMs: null };

const report = (more = {}) => ({
  state: "here",
  verdict: { grade: "good", side: null },
  way: null,
  roundTripMs: null,
  sending: { ...UNKNOWN, pictures: [] },
  receiving: { ...UNKNOWN, pictures: [], estimateBps: null },
  ...more,
});
const weak = report({ verdict: { grade: "weak", side: "sending" } });
const cut = report({ state: "interrupted", verdict: null });
const line = (name, one = report()) => ({ name, report: one });

for (const [what, one, title, advice] of [
  ["good", report(), "Good line", ""],
  ["weak", weak, "Weak line when sending", "The others see and hear Ana with gaps."],
  ["unknown", report({ verdict: null }), "Measuring…", ""],
  ["interrupted", cut, "Interrupted", "Nothing gets through from or to Ana right now."],
  ["waiting", report({ state: "waiting", verdict: null }), "In the waiting room", ""],
]) {
  test(`line words: ${what}`, () => {
    assert.equal(lineTitle(t, one), title);
    const said = lineAdvice(t, one, "Ana");
    assert.ok(advice ? said.startsWith(advice) : said === "", said);
  });
}

for (const [what, lines, expected] of [
  ["nobody", [], ""],
  ["nothing known yet", [line("Ana", report({ verdict: null }))], ""],
  ["all good", [line("Ana"), line("Bea")], "Everyone's line is good."],
  ["one of them", [line("Ana", weak), line("Bea")], "One line has trouble: Ana. The others"],
  ["two windows", [line("Ana", weak), line("Ana", cut), line("Bea")], "2 lines have trouble: Ana."],
  ["all of them", [line("Ana", weak), line("Bea", cut)], "Every line has trouble: most likely"],
  ["the only one", [line("Ana", weak)], "Ana: the line has trouble."],
]) {
  test(`line words: a summary of ${what}`, () => {
    const said = summaryWords(t, lines);
    assert.ok(expected ? said.startsWith(expected) : said === "", said);
  });
}

test("line words: figures in the reader's own form", () => {
  const full = report({
    way: "tcp",
    roundTripMs: 48.4,
    sending: {
      level: 4,
      lossShare: 0.0123,
      bitrateBps: 1_234_567,
      jitterMs: 3.2,
      pictures: [
        { source: "camera", codec: "VP8", sizes: ["640 × 360", "320 × 180"] },
        { source: "screen", codec: "VP8", sizes: [] },
      ],
    },
    receiving: {
      level: 4,
      lossShare: 0,
      bitrateBps: 312_400,
      jitterMs: 1,
      estimateBps: 900_000,
      pictures: [
        { from: "b", size: "320 × 180", largest: "640 × 360" },
        { from: "b", size: "", largest: "640 × 360" },
        { from: "b", size: "640 × 360", largest: "640 × 360" },
      ],
    },
  });
  const of = (language) =>
    figures(translator(language), language, full, () => "Bea").map(({ rows }) => rows);
  assert.deepEqual(of("en"), [
    [
      ["Way", "By TCP, as UDP is blocked"],
      ["Round trip", "48 ms"],
    ],
    [
      ["Rate", "1.2 Mbit/s"],
      ["Lost", "1.2%"],
      ["Unevenness", "3 ms"],
      ["Camera", "640 × 360, 320 × 180 (VP8)"],
      ["Screen", "nothing at present"],
    ],
    [
      ["Rate", "312 kbit/s"],
      ["Lost", "0%"],
      ["Unevenness", "1 ms"],
      ["The line carries", "900 kbit/s"],
      ["From Bea", "320 × 180 of 640 × 360"],
      ["From Bea", "no picture"],
      ["From Bea", "640 × 360"],
    ],
  ]);
  assert.equal(of("pt-BR")[1][0][1], "1,2 Mbit/s");
});

test("line words: what is not known is said so", () => {
  const values = figures(t, "en", report(), () => "").flatMap(({ rows }) => rows.map(([, v]) => v));
  assert.deepEqual(new Set(values), new Set(["not known"]));
});

test("line words: a second window and a program have names of their own", () => {
  const of = (connection_id, door = "websocket") => ({
    connection_id,
    participant_id: "p",
    name: "Ana",
    door,
  });
  assert.deepEqual(
    [...shownNames(t, [of("1"), of("2"), of("3", "whip")]).values()],
    ["Ana", "Ana, window 2", "Ana, sending by a program (WHIP)"],
  );
});
