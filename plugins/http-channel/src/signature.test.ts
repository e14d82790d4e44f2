import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { type SigningKey, parseSigningKey, refuseSignature, sign } from "./signature.ts";

const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const key = parseSigningKey(secret) as SigningKey;
const body = JSON.stringify({ text: "Здравствуйте ☕" });
const at = Date.now();
const headers = () => sign(key, { id: "msg-1", at, body });

describe("signatures", () => {
  it("agree with the reference implementation, both ways", () => {
    expect(new Webhook(secret).verify(body, headers())).toEqual(JSON.parse(body));
    const theirs = new Webhook(secret).sign("msg-2", new Date(at), body);
    const given = {
      "webhook-id": "msg-2",
      "webhook-timestamp": String(Math.floor(at / 1000)),
      "webhook-signature": theirs,
    };
    expect(refuseSignature(key, given, Buffer.from(body), at)).toBeUndefined();
  });

  it("accept one good signature among several, as while a key is rotated", () => {
    const good = headers();
    const rotated = {
      ...good,
      "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")} v1a,xyz ${good["webhook-signature"]}`,
    };
    expect(refuseSignature(key, rotated, Buffer.from(body), at)).toBeUndefined();
  });

  it("are refused when the body, the id, the time or the key differs", () => {
    const given = headers();
    expect(refuseSignature(key, given, Buffer.from(`${body} `), at)).toContain("does not fit");
    expect(refuseSignature(key, { ...given, "webhook-id": "msg-2" }, Buffer.from(body), at)).toContain("does not fit");
    expect(
      refuseSignature(
        parseSigningKey(Buffer.alloc(32, 6).toString("base64")) as SigningKey,
        given,
        Buffer.from(body),
        at,
      ),
    ).toContain("does not fit");
    expect(refuseSignature(key, given, Buffer.from(body), at + 301_000)).toContain("five minutes");
    expect(refuseSignature(key, given, Buffer.from(body), at - 301_000)).toContain("five minutes");
  });

  it("are refused when headers are missing or malformed", () => {
    expect(refuseSignature(key, {}, Buffer.from(body), at)).toContain("needed");
    expect(refuseSignature(key, { ...headers(), "webhook-timestamp": "soon" }, Buffer.from(body), at)).toContain(
      "number of seconds",
    );
    expect(refuseSignature(key, { ...headers(), "webhook-signature": "v1,short" }, Buffer.from(body), at)).toContain(
      "does not fit",
    );
  });
});

describe("parseSigningKey", () => {
  it("takes 24 to 64 bytes in base64, with or without prefix", () => {
    expect(parseSigningKey(Buffer.alloc(24).toString("base64"))).toHaveLength(24);
    expect(parseSigningKey(secret)).toHaveLength(32);
  });

  it("refuses anything else", () => {
    for (const wrong of [
      "",
      "short",
      Buffer.alloc(23).toString("base64"),
      Buffer.alloc(65).toString("base64"),
      "not base64!!",
    ])
      expect(parseSigningKey(wrong)).toBeUndefined();
  });
});
