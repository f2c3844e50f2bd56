import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import test from "node:test";
import { CATALOGUES, chooseLanguage, isKey, translator } from "../../web/ui/i18n.js";

const WEB = new URL("../../web/", import.meta.url);
const keys = Object.keys(CATALOGUES.en);
const places = (text) => (text.match(/\{\w+\}/g) ?? []).sort();

for (const [language, catalogue] of Object.entries(CATALOGUES)) {
  test(`${language} has every key, none empty, with the same places to fill`, () => {
    assert.deepEqual(Object.keys(catalogue).sort(), [...keys].sort());
    for (const key of keys) {
      assert.notEqual(catalogue[key].trim(), "", key);
      if (!key.endsWith("_one"))
        assert.deepEqual(places(catalogue[key]), places(CATALOGUES.en[key]), key);
    }
  });
}

test("no key is without a use, and none is used that is not there", async () => {
  const names = await readdir(WEB, { recursive: true });
  const scripts = names.filter((name) => name.endsWith(".js") && !name.startsWith("i18n"));
  const texts = await Promise.all(scripts.map((name) => readFile(new URL(name, WEB), "utf8")));
  const code = texts.join("\n");
  const said = [...code.matchAll(/\bt\(\s*"([a-z_.]+)"/g)].map((match) => match[1]);
  for (const key of said) assert.ok(isKey(key), key);
  const built = [
    /^device\./,
    /^controls\.\w+(\.on|\.off)?$/,
    /^quality\./,
    /^devices\./,
    /^prejoin\.(full|locked)$/,
    /^(sessions\.over|history|role|status)\./,
    /^(inquiries|plans)\./,
    /^verdict\.(weak|bad|silent)\./,
    /^lines\.(state|advice|way|door)\./,
    /^own_line\./,
  ];
  const looked = [...built, /^step\./, /^error\./, /^shortcuts\./];
  for (const key of keys) {
    const isUsed =
      code.includes(`"${key}"`) ||
      looked.some((form) => form.test(key)) ||
      isKey(key.replace(/_one$/, ""));
    assert.ok(isUsed, `${key} is not used`);
  }
});

for (const [wanted, language] of [
  [["pt-PT", "en"], "pt-BR"],
  [["PT"], "pt-BR"],
  [["fr-FR", "es-AR"], "es"],
  [["de"], "en"],
  [["", "es"], "es"],
  [[], "en"],
]) {
  test(`${JSON.stringify(wanted)} is answered in ${language}`, () => {
    assert.equal(chooseLanguage(wanted), language);
  });
}

test("places are filled, unknown ones left as they are", () => {
  const t = translator("en");
  assert.equal(t("prejoin.with", { host: "{name}" }), "Session with {name}");
  assert.equal(t("prejoin.with", {}), "Session with {host}");
});

test("one is worded differently from many", () => {
  const t = translator("pt-BR");
  assert.equal(t("door.waiting", { n: 1 }), "Alguém está esperando");
  assert.equal(t("door.waiting", { n: 3 }), "3 pessoas esperando");
});
