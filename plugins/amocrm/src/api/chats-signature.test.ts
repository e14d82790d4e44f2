import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isGenuineHook, signedHeaders } from "./chats-signature.ts";

describe("signedHeaders", () => {
  it("reproduces the signature that amoCRM's documentation shows", () => {
    const headers = signedHeaders("f2d7f8704eff95087ed45b23ba99c0b5aac8278e", {
      method: "DELETE",
      path: "/v2/origin/custom/344a5002-f8ca-454d-af3d-396180102ac7/disconnect",
      body: '{"account_id":"52e591f7-c98f-4255-8495-827210138c81"}',
      at: Date.UTC(2021, 11, 15, 23, 59, 28),
    });
    expect(headers).toEqual({
      date: "Wed, 15 Dec 2021 23:59:28 +0000",
      "content-type": "application/json",
      "content-md5": "271fa2e4fb0ff84a3ef9689027bd1f38",
      "x-signature": "e1678e3b6aa674b5127f4feb448e6200ce0bfc72",
    });
  });
});

describe("isGenuineHook", () => {
  const sign = (body: string): string => createHmac("sha1", "secret").update(body).digest("hex");
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  it("accepts a signature over the body, with or without its last line feed", () => {
    expect(isGenuineHook("secret", bytes("{}"), sign("{}"))).toBe(true);
    expect(isGenuineHook("secret", bytes("{}\n"), sign("{}\n"))).toBe(true);
    expect(isGenuineHook("secret", bytes("{}\r\n"), sign("{}"))).toBe(true);
    expect(isGenuineHook("secret", bytes("{}"), sign("{}").toUpperCase())).toBe(true);
  });

  it("accepts nothing else", () => {
    expect(isGenuineHook("secret", bytes("{}"), sign("{ }"))).toBe(false);
    expect(isGenuineHook("secret", bytes("{}"), undefined)).toBe(false);
    expect(isGenuineHook("other", bytes("{}"), sign("{}"))).toBe(false);
  });
});
