import { describe, expect, test } from "vitest";
import { normaliseIdentity } from "./normalise-identity.ts";
import type { PhoneRegion } from "./normalise-phone.ts";

const identity = (kind: string, value: string, phoneRegion?: PhoneRegion) => {
  const found = normaliseIdentity({ kind, value, verified: false }, { phoneRegion });
  return found && [found.value, ...found.aliases];
};

describe("phones", () => {
  test.each([
    ["+7 916 123-45-67", ["+79161234567"]],
    ["+44 (0) 20 7946 0958", ["+442079460958"]],
    ["79161234567", ["+79161234567"]],
    ["0049 171 1234567", ["+491711234567"]],
    ["+1 415 555 2671", ["+14155552671"]],
    ["  +14155552671 ", ["+14155552671"]],
  ])("%s needs no region", (text, expected) => {
    expect(identity("phone", text)).toEqual(expected);
  });

  test.each<[string, PhoneRegion, string]>([
    ["8 (916) 123-45-67", "RU", "+79161234567"],
    ["(415) 555-2671", "US", "+14155552671"],
    ["0171 1234567", "DE", "+491711234567"],
    ["+33 1 23 45 67 89", "DE", "+33123456789"],
  ])("%s is read as in %s", (text, region, expected) => {
    expect(identity("phone", text, region)).toEqual([expected]);
  });

  test("a Brazilian mobile number is one with and without its ninth digit", () => {
    const expected = ["+5511987654321", "+551187654321"];
    expect(identity("phone", "+55 11 98765-4321")).toEqual(expected);
    expect(identity("phone", "+55 11 8765-4321")).toEqual(expected);
    expect(identity("phone", "551187654321")).toEqual(expected);
    expect(identity("phone", "(11) 8765-4321", "BR")).toEqual(expected);
  });

  test("a Brazilian landline never had a ninth digit", () => {
    expect(identity("phone", "+55 11 3333-4444")).toEqual(["+551133334444"]);
  });

  test("a Mexican number is one with and without the 1 of mobiles", () => {
    const expected = ["+525512345678", "+5215512345678"];
    expect(identity("phone", "+52 55 1234 5678")).toEqual(expected);
    expect(identity("phone", "+52 1 55 1234 5678")).toEqual(expected);
    expect(identity("phone", "5215512345678")).toEqual(expected);
  });

  test.each(["", "hello", "+1", "12", "+999123456", "+7 495 123-45-67 ext. 5", "8 (916) 123-45-67"])(
    "%j is nobody's number without a region",
    (text) => {
      expect(identity("phone", text)).toBeUndefined();
    },
  );
});

describe("e-mail", () => {
  test.each([
    ["Ada@Example.ORG", "ada@example.org"],
    [" ada@example.org ", "ada@example.org"],
    ["mailto:ada@example.org", "ada@example.org"],
    ["Иван@Почта.РФ", "иван@почта.рф"],
  ])("%s", (text, expected) => {
    expect(identity("email", text)).toEqual([expected]);
  });

  test.each(["ada", "ada@", "@example.org", "ada @example.org", "Ada <ada@example.org>"])(
    "%s is no address",
    (text) => {
      expect(identity("email", text)).toBeUndefined();
    },
  );
});

describe("the rest", () => {
  test("usernames lose the @ and their case", () => {
    expect(identity("telegram-username", "@Ada_L")).toEqual(["ada_l"]);
    expect(identity("username", "Ada")).toEqual(["ada"]);
    expect(identity("username", "two words")).toBeUndefined();
  });

  test("a provider's id stays as it is", () => {
    expect(identity("whatsapp", "5511987654321@s.whatsapp.net")).toEqual(["5511987654321@s.whatsapp.net"]);
    expect(identity("telegram", " 42 ")).toEqual(["42"]);
    expect(identity("line", "AbC")).toEqual(["AbC"]);
  });

  test("what no storage can hold is replaced", () => {
    expect(identity("telegram", "a\0b")).toEqual(["a\uFFFDb"]);
  });

  test("kinds are compared without regard to case, and blank ones are none", () => {
    expect(normaliseIdentity({ kind: " Email ", value: "A@B", verified: true })).toEqual({
      kind: "email",
      value: "a@b",
      aliases: [],
      verified: true,
    });
    expect(normaliseIdentity({ kind: " ", value: "x", verified: true })).toBeUndefined();
  });
});
