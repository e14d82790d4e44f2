import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { type GivenChoices, askChoices } from "./ask-choices.ts";

const NOTHING: GivenChoices = { directory: undefined, channels: undefined, database: undefined, features: undefined };
const [ENTER, DOWN, SPACE, CTRL_C] = ["\r", "\u001B[B", " ", "\u0003"];

/** A person who types these keys as soon as a question comes up that holds the text. */
function person(answers: Readonly<Record<string, readonly string[]>>) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const open = new Map(Object.entries(answers));
  output.setEncoding("utf8").on("data", (shown: string) => {
    for (const [question, keys] of open) {
      if (!shown.includes(question)) continue;
      open.delete(question);
      setImmediate(() => keys.forEach((key) => input.write(key))); // the question listens once it is shown
    }
  });
  return { input, output };
}

test("asks for what was not given", async () => {
  const answers = {
    "Where should it go": ["shop", ENTER],
    "Which channels": [SPACE, DOWN, DOWN, SPACE, ENTER],
    "Where are the data": [DOWN, ENTER],
    "What else": [DOWN, SPACE, ENTER],
  };
  expect(await askChoices(NOTHING, person(answers))).toEqual({
    directory: "shop",
    channels: ["telegram"],
    database: "postgres",
    features: ["ci"],
  });
});

test("asks nothing that was given", async () => {
  const given = { directory: "shop", channels: [], database: "embedded", features: ["ci"] };
  expect(await askChoices(given, person({}))).toEqual(given);
});

test("makes nothing when the person leaves", async () => {
  await expect(askChoices(NOTHING, person({ "Where should it go": [CTRL_C] }))).rejects.toMatchObject({
    code: "CRM_SCAFFOLD_CANCELLED",
  });
});
