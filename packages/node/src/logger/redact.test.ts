import { CrmError } from "@crmessenger/kernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { REDACTED, redact, redactText } from "./redact.ts";

describe("redact", () => {
  it.each([
    "password",
    "Password",
    "newPassword",
    "passphrase",
    "secret",
    "client_secret",
    "clientSecret",
    "token",
    "accessToken",
    "refresh_token",
    "authorization",
    "Authorization",
    "proxy-authorization",
    "cookie",
    "Set-Cookie",
    "apiKey",
    "api_key",
    "TELEGRAM_API_HASH",
    "privateKey",
    "sessionString",
    "otp",
    "pin",
    "credentials",
  ])("blanks %s at any depth", (name) => {
    expect(redact({ [name]: "hidden" })).toEqual({ [name]: REDACTED });
    expect(redact({ a: [{ b: { [name]: { deep: "hidden" } } }] })).toEqual({ a: [{ b: { [name]: REDACTED } }] });
  });

  it.each([
    "name",
    "path",
    "tokenize",
    "secretary",
    "keyboard",
    "pinned",
    "author",
    "idempotencyKey",
    "conversationId",
  ])("keeps %s", (name) => {
    expect(redact({ [name]: "shown" })).toEqual({ [name]: "shown" });
  });

  it("keeps what says that there is no secret", () => {
    const fields = { password: null, token: undefined, secret: "", cookie: false };
    expect(redact(fields)).toEqual(fields);
  });

  it.each([
    ["Authorization: Bearer abcdefghijklmnop.qrstuv", "Authorization: Bearer [redacted]"],
    ["to postgres://crm:hunter2@db:5432/crm", "to postgres://[redacted]@db:5432/crm"],
    ["POST /bot123456789:AAF_abcdefghijklmnopqrstuvwxyz012345/sendMessage", "POST /[redacted]/sendMessage"],
    ["basic understanding of bearers", "basic understanding of bearers"],
  ])("blanks the secret in %j", (text, expected) => {
    expect(redactText(text)).toBe(expected);
    expect(redact({ text })).toEqual({ text: expected });
  });

  it("writes errors out, with their causes", () => {
    const cause = Object.assign(new Error("connect to postgres://u:p@h"), { code: "ECONNREFUSED" });
    const error = new CrmError("CRM_X_Y", "It failed.", { details: { password: "hidden", n: 1 }, cause });
    expect(redact({ error })).toMatchObject({
      error: {
        name: "CrmError",
        code: "CRM_X_Y",
        message: "It failed.",
        details: { password: REDACTED, n: 1 },
        stack: expect.stringContaining("redact.test") as string,
        cause: { code: "ECONNREFUSED", message: "connect to postgres://[redacted]@h" },
      },
    });
  });

  it("writes odd values so that JSON can hold them", () => {
    const endless: Record<string, unknown> = {};
    endless["self"] = endless;
    const hostile = Object.defineProperty({}, "boom", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    const copied = redact({
      big: 12n,
      when: new Date(0),
      never: new Date(Number.NaN),
      bytes: new Uint8Array(3),
      map: new Map([["token", "hidden"]]),
      set: new Set([1]),
      run: () => 1,
      symbol: Symbol("s"),
      endless,
      hostile,
      long: "x".repeat(10_000),
    });
    expect(copied).toMatchObject({
      big: "12",
      when: "1970-01-01T00:00:00.000Z",
      never: "[invalid date]",
      bytes: "[3 bytes]",
      map: { token: REDACTED },
      set: [1],
      run: "[function]",
      symbol: "[symbol]",
      hostile: { unreadable: "Error: no" },
    });
    const json = JSON.stringify(copied);
    expect(json).toContain("[too deep]");
    expect(json).toContain("(10000 characters)");
    expect(json).not.toContain("hidden");
  });

  it("never throws", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.anything({ withMap: true, withSet: true, withBigInt: true, withDate: true })),
        (fields) => {
          JSON.stringify(redact(fields));
        },
      ),
    );
  });
});
