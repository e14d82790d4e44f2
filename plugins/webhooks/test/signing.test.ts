import { SecretStore, signatureHeaders } from "../src/signing/secret-store.ts";
import { makeSigningSecret, signerOf, verifyingSecret } from "../src/signing/signing-secret.ts";
import { verifyWebhook } from "../src/receiver/index.ts";
import { Secrets } from "@crmessenger/kernel/infrastructure";
import { createTestClock } from "@crmessenger/testing";
import { Webhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { describe, expect, onTestFinished, test } from "vitest";
import { startWorld } from "./support/world.ts";

const body = JSON.stringify({ type: "contact.created", data: { name: "Ада 👋" } });
const id = "0190a1b2-0000-7000-8000-000000000001";
const bytes = Buffer.from(body);

describe("a shared secret", () => {
  test("signs what standardwebhooks and svix accept", () => {
    const secret = makeSigningSecret("v1");
    const headers = signatureHeaders([signerOf(secret)], id, Date.now(), body);
    expect(secret.secret).toMatch(/^whsec_/);
    expect(new Webhook(secret.secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new SvixWebhook(secret.secret).verify(body, headers)).not.toThrow();
    expect(() => new SvixWebhook(makeSigningSecret("v1").secret).verify(body, headers)).toThrow(
      "No matching signature",
    );
    expect(() => new Webhook(makeSigningSecret("v1").secret).verify(body, headers)).toThrow("No matching signature");
  });

  test("verifies what standardwebhooks signs", () => {
    const { secret } = makeSigningSecret("v1");
    const sentAt = new Date(Math.floor(Date.now() / 1_000) * 1_000);
    const headers = {
      "Webhook-Id": id,
      "Webhook-Timestamp": String(sentAt.getTime() / 1_000),
      "Webhook-Signature": new Webhook(secret).sign(id, sentAt, body),
    };
    expect(verifyWebhook(bytes, headers, [secret])).toEqual({ id, sentAt: sentAt.getTime(), body: bytes });
  });
});

describe("a key pair", () => {
  const pair = makeSigningSecret("v1a");
  const headers = signatureHeaders([signerOf(pair)], id, Date.now(), body);

  test("signs with the private half, and the public one verifies", () => {
    expect(pair.secret).toMatch(/^whsk_/);
    expect(verifyingSecret(pair)).toMatch(/^whpk_/);
    expect(headers["webhook-signature"]).toMatch(/^v1a,/);
    expect(verifyWebhook(bytes, headers, [verifyingSecret(pair)]).id).toBe(id);
    expect(() => verifyWebhook(bytes, headers, [verifyingSecret(makeSigningSecret("v1a"))])).toThrow("not authentic");
  });

  test("is read as RFC 8032 has it", () => {
    // The first test vector of section 7.1.
    const seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const known = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const secret = `whsk_${Buffer.from(seed + known, "hex").toString("base64")}`;
    expect(verifyingSecret({ scheme: "v1a", secret })).toBe(`whpk_${Buffer.from(known, "hex").toString("base64")}`);
  });
});

test.each([
  ["another body", { body: Buffer.from(`${body} `) }],
  ["another id", { headers: { "webhook-id": "another" } }],
  ["a timestamp of another time", { headers: { "webhook-timestamp": "1" } }],
  ["no timestamp", { headers: { "webhook-timestamp": "soon" } }],
  ["no signature", { headers: { "webhook-signature": "" } }],
  ["a signature of another kind", { headers: { "webhook-signature": "v2,AAAA" } }],
  ["half a signature", { headers: { "webhook-signature": "v1,AAAA" } }],
])("%s is refused", (_, changed: { readonly body?: Buffer; readonly headers?: Record<string, string> }) => {
  const secret = makeSigningSecret("v1");
  const headers = { ...signatureHeaders([signerOf(secret)], id, Date.now(), body), ...changed.headers };
  expect(() => verifyWebhook(changed.body ?? bytes, headers, [secret.secret])).toThrow(
    expect.objectContaining({ code: "CRM_WEBHOOK_UNVERIFIED", status: 401 }),
  );
});

test.each(["", "whsec_", "whsec_c2hvcnQ=", "whpk_c2hvcnQ=", "whsec_%%%"])("%j is no secret", (secret) => {
  expect(() => verifyWebhook(bytes, {}, [secret])).toThrow(expect.objectContaining({ code: "CRM_WEBHOOK_SECRET" }));
});

test("while a rotation overlaps, two secrets verify, and then one", async () => {
  const clock = createTestClock();
  const kernel = await startWorld({ clock });
  onTestFinished(() => kernel.stop());
  await kernel.run(async () => {
    const secrets = new SecretStore(kernel.get(Secrets), clock);
    const first = await secrets.rotate("one", "v1", 1_000);
    const second = await secrets.rotate("one", "v1a", 1_000);
    const verified = async () => {
      const headers = signatureHeaders(await secrets.signers("one"), id, clock.now(), body);
      return [first, second].map((secret) => {
        try {
          return verifyWebhook(bytes, headers, [secret], { now: clock.now() }).id === id;
        } catch {
          return false;
        }
      });
    };
    expect(await verified()).toEqual([true, true]);
    await clock.advance(1_000);
    expect(await verified()).toEqual([false, true]);
    await secrets.forget("one");
    expect(await secrets.signers("one")).toEqual([]);
  });
});
