import { expect, test } from "vitest";
import { createIdentityNormaliser } from "./create-identity-normaliser.ts";

const normaliser = createIdentityNormaliser("RU");

test("claims get the spelling under which they are stored", () => {
  expect(normaliser.normalise({ kind: "phone", value: "8 916 123-45-67", verified: true })).toEqual({
    kind: "phone",
    value: "+79161234567",
    verified: true,
  });
  expect(normaliser.normalise({ kind: "telegram-username", value: "@Ada", verified: true })).toMatchObject({
    value: "ada",
  });
  expect(normaliser.normalise({ kind: "telegram", value: "42", verified: true })).toEqual({
    kind: "telegram",
    value: "42",
    verified: true,
  });
});

test("what can't be of its kind keeps its text, and nobody vouches for it", () => {
  expect(normaliser.normalise({ kind: "phone", value: "unknown", verified: true })).toEqual({
    kind: "phone",
    value: "unknown",
    verified: false,
  });
});
