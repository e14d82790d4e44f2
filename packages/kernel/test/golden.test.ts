import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { convert } from "../src/bus/shape.ts";
import type { Json } from "../src/infrastructure/json.ts";
import { LeadAssigned, LeadCreated, LeadStatusChanged, LeadUpdated, leadShape } from "../src/sales/index.ts";

const FOLDER = new URL("golden/", import.meta.url);

/** What has more than one version. A version that is released stays as its file says, for ever. */
const versioned = { lead: leadShape, LeadCreated, LeadUpdated, LeadAssigned, LeadStatusChanged };

/** Of the released files: whoever changes one changes what is stored and sent already, and has to say so here. */
const DIGESTS: Readonly<Record<string, string>> = {
  "lead-assigned.v1.json": "21cd7b812f2431ea53a5fc398eec391c0736272b4aa2c6b3e0da1b4228c548bd",
  "lead-assigned.v2.json": "cf783599b334afafd0e13e8b99a098971e35bd02528b2cb97ee2a03bbd813043",
  "lead-created.v1.json": "fca0c2e1daba8cadef916f11618adc87b4df30f627785336b59a25b1b9cb566c",
  "lead-created.v2.json": "446d06baa54128510481e49b83d17e2f44ef62a0e9cf14a7d313bc34cfe47388",
  "lead-status-changed.v1.json": "e9cacce1b44acc6bb4c4cb8c0ce81ffa5529b73132790202cd55359e1c61a8be",
  "lead-status-changed.v2.json": "45edfeec4704869c03d4e5892394e31e06e794fb63f72e27a6e65eedf7602c38",
  "lead-updated.v1.json": "fca0c2e1daba8cadef916f11618adc87b4df30f627785336b59a25b1b9cb566c",
  "lead-updated.v2.json": "446d06baa54128510481e49b83d17e2f44ef62a0e9cf14a7d313bc34cfe47388",
  "lead.v1.json": "f26db27b0b69a6400aa020364572bd6cc21d4fed1ffcba1baa30b594a6015a77",
  "lead.v2.json": "1c4ae704de8d8143f04a8a30153b31296f131eaed714627434cc50333d855481",
};

const fileOf = (name: string, version: number) => `${name.replaceAll(".", "-")}.v${version}.json`;
const textOf = (file: string) => readFileSync(new URL(file, FOLDER), "utf8");
const golden = (name: string, version: number) => JSON.parse(textOf(fileOf(name, version))) as Json;

type Path = readonly (string | number)[];

/** The paths of everything in a value that is not made of parts. */
function leaves(value: Json, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, part]) => leaves(part as Json, [...path, key]));
}

function changed(value: Json, [key, ...rest]: Path): Json {
  if (key === undefined) return "changed";
  const parts = value as Readonly<Record<string, Json>>;
  return { ...parts, [key]: changed(parts[key] ?? null, rest) };
}

function without(value: Json, [key = "", ...rest]: Path): Json {
  const { [key]: part, ...others } = value as Readonly<Record<string, Json>>;
  return rest.length === 0 ? others : { ...others, [key]: without(part ?? null, rest) };
}

test("every released file is the one that was released", () => {
  const found = readdirSync(FOLDER).map((file) => [file, createHash("sha256").update(textOf(file)).digest("hex")]);
  expect(Object.fromEntries(found)).toEqual(DIGESTS);
});

describe.each(Object.values(versioned))("$name", (shape) => {
  const versions = Object.keys(shape.versions).map(Number);
  const steps = versions.slice(0, -1);

  test.each(versions)("version %i has a golden file that fits its schema to the last field", (version) => {
    const value = golden(shape.name, version);
    expect(shape.versions[version]?.parse(value)).toEqual(value);
  });

  test.each(steps)("version %i goes up as its golden files say, but for what it never knew", (from) => {
    const losses = (shape.steps[from]?.loses ?? []).map((field) => field.split("."));
    const lossless = (value: Json) => losses.reduce(without, value);
    const up = convert(shape, golden(shape.name, from), from, from + 1) as Json;
    expect(lossless(up)).toEqual(lossless(golden(shape.name, from + 1)));
    for (const loss of losses) expect(loss.reduce<unknown>((part, key) => (part as never)[key], up)).toBeNull();
    expect(shape.versions[from + 1]?.parse(up)).toEqual(up);
  });

  test.each(steps)("version %i is what comes down, exactly", (from) => {
    expect(convert(shape, golden(shape.name, from + 1), from + 1, from)).toEqual(golden(shape.name, from));
  });

  test.each(steps)("up and down again is where version %i began", (from) => {
    const old = golden(shape.name, from);
    expect(convert(shape, convert(shape, old, from, from + 1), from + 1, from)).toEqual(old);
  });

  test.each(steps)("down and up again loses what the step from %i declares, and nothing else", (from) => {
    const current = golden(shape.name, from + 1);
    const back = convert(shape, convert(shape, current, from + 1, from), from, from + 1) as Json;
    const lost = leaves(current).filter((path) => {
      const at = (value: Json) => path.reduce<unknown>((part, key) => (part as never)[key], value);
      return at(back) !== at(current);
    });
    expect(lost.map((path) => path.join("."))).toEqual(shape.steps[from]?.loses);
  });

  test.each(steps)("a golden file of version %i that is changed in any place is noticed", (from) => {
    const [old, current] = [golden(shape.name, from), golden(shape.name, from + 1)];
    const down = convert(shape, current, from + 1, from);
    for (const path of leaves(old)) expect(down, path.join(".")).not.toEqual(changed(old, path));
    const losses = shape.steps[from]?.loses ?? [];
    const kept = leaves(current).filter((path) => !losses.includes(path.join(".")));
    expect(kept.length).toBeGreaterThan(10);
    for (const path of kept)
      expect(convert(shape, changed(current, path), from + 1, from), path.join(".")).not.toEqual(old);
  });
});
