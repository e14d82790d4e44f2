import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AmoWorld, until } from "./amo-world.test.support.ts";

describe("what comes in from outside", () => {
  let world: AmoWorld;
  beforeAll(async () => {
    world = await AmoWorld.start();
  });
  afterAll(async () => world[Symbol.asyncDispose]());

  const hook = (body: string, change: { signature?: string; scope?: string } = {}) =>
    fetch(`${world.publicUrl}/hooks/amocrm/chats/${change.scope ?? world.channel.scopeId}`, {
      method: "POST",
      headers: {
        "x-signature": change.signature ?? createHmac("sha1", world.channel.secret).update(body).digest("hex"),
      },
      body,
    });

  it("is refused without the channel's signature", async () => {
    expect((await hook("{}", { signature: "0".repeat(40) })).status).toBe(401);
    expect((await hook("{}", { signature: "" })).status).toBe(401);
    expect((await hook("{}", { scope: "another" })).status).toBe(404);
  });

  it("may be signed without the line feed at its end", async () => {
    const body = '{"account_id":"x","action":{"typing":{}}}';
    const signature = createHmac("sha1", world.channel.secret).update(body).digest("hex");
    expect((await hook(`${body}\n`, { signature })).status).toBe(200);
  });

  it("does nothing about typing, and says what is wrong with the rest", async () => {
    expect((await hook('{"account_id":"x","action":{"reaction":{}}}')).status).toBe(200);
    const refused = await hook('{"receiver":"x","type":"text"}');
    expect(refused.status).toBe(422);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(await refused.json()).toMatchObject({ code: "CRM_AMOCRM_HOOK_PAYLOAD" });
    expect((await hook("not JSON")).status).toBe(422);
  });

  it("is only listened to under the webhook's secret address, and about our account", async () => {
    const { conversationId } = await world.phones.write("anna", "1");
    await until(() => world.amo.messages(conversationId).length === 1);
    const destination =
      world.http.sent.map(({ body }) => /"destination":"([^"]+)"/u.exec(String(body))?.[1]).find(Boolean) ?? "";
    const post = (url: string, body: string) =>
      fetch(url, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body });
    const form = `account%5Bid%5D=${world.amo.account.id}&leads%5Bupdate%5D%5B0%5D%5Bid%5D=1`;
    expect((await post(destination, form)).status).toBe(200);
    expect((await post(destination, form.replace(String(world.amo.account.id), "1"))).status).toBe(422);
    expect((await post(destination, "nothing")).status).toBe(422);
    expect((await post(`${world.publicUrl}/hooks/amocrm/crm/guess`, form)).status).toBe(404);
  });
});
