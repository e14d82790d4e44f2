import { describe, expect, it, vi } from "vitest";
import { TestAccount } from "../account.test.support.ts";

describe("faults", () => {
  it("break a request before it takes effect", async () => {
    await using account = await TestAccount.open();
    account.amo.faults.set({ timeoutBeforeEffectRate: 1, timeoutHoldMs: 1 });
    await expect(account.rest("POST", "leads", [{}])).rejects.toThrow("fetch failed");
    account.amo.faults.set({});
    expect(account.amo.leads()).toEqual([]);
    expect((await account.rest("POST", "leads", [{}])).status).toBe(200);
  });

  it("break a request after it took effect, refresh of tokens included", async () => {
    await using account = await TestAccount.open();
    await account.connect();
    const { integration, amo } = account;
    const exchange = (grant: object) =>
      account.oauth({
        client_id: integration.clientId,
        client_secret: integration.clientSecret,
        redirect_uri: integration.redirectUri,
        ...grant,
      });
    const { code } = await amo.owner.consent({ clientId: integration.clientId, visit: false });
    const pair = (await exchange({ grant_type: "authorization_code", code })).body;

    amo.faults.set({ timeoutAfterEffectRate: 1, timeoutHoldMs: 1 });
    await expect(account.rest("POST", "leads", [{}])).rejects.toThrow("fetch failed");
    await expect(account.incoming("m-1", "text")).rejects.toThrow("fetch failed");
    const refresh = { grant_type: "refresh_token", refresh_token: pair.refresh_token };
    await expect(exchange(refresh)).rejects.toThrow("fetch failed");
    amo.faults.set({});
    expect(amo.leads()).toHaveLength(2);
    expect((await account.incoming("m-1", "text")).status).toBe(400);
    expect((await exchange(refresh)).body.hint).toBe("Token has been revoked");
  });

  it("answer 429 and server errors, without an effect", async () => {
    await using account = await TestAccount.open();
    await account.connect();
    account.amo.faults.set({ rate429: 1 });
    expect(await account.rest("POST", "leads", [{}])).toMatchObject({ status: 429, type: "application/problem+json" });
    expect((await account.connect()).status).toBe(200);
    account.amo.faults.set({ rate5xx: 1 });
    expect((await account.rest("POST", "leads", [{}])).status).toBeGreaterThanOrEqual(500);
    expect((await account.connect()).status).toBeGreaterThanOrEqual(500);
    expect(account.amo.leads()).toEqual([]);
  });

  it("are the same for the same seed", async () => {
    const run = async (seed: number): Promise<number[]> => {
      await using account = await TestAccount.open({ seed });
      account.amo.faults.set({ rate429: 0.3, rate5xx: 0.3 });
      const statuses: number[] = [];
      for (let index = 0; index < 30; index += 1) statuses.push((await account.rest("GET", "account")).status);
      return statuses;
    };
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(2);
  });

  it("revoke all tokens again and again", async () => {
    await using account = await TestAccount.open();
    account.amo.faults.set({ revokeTokensEveryMs: 5 });
    await vi.waitFor(async () => expect((await account.rest("GET", "account")).status).toBe(401));
  });

  it("lose and double hooks", async () => {
    await using account = await TestAccount.open();
    await account.connect();
    await account.incoming("m-1", "text");
    await account.rest("POST", "webhooks", { destination: `${account.receiver.url}/crm`, settings: ["add_lead"] });
    const manager = account.amo.manager({ name: "Вера" });
    account.amo.faults.set({ dropHookRate: 1 });
    manager.reply("conversation-1", "lost");
    await account.rest("POST", "leads", [{}]);
    await account.amo.settled();
    expect(account.receiver.received).toEqual([]);
    account.amo.faults.set({ duplicateHookRate: 1 });
    manager.reply("conversation-1", "twice");
    await account.rest("POST", "leads", [{}]);
    await account.amo.settled();
    expect(account.receiver.received).toHaveLength(4);
    expect(account.amo.messages("conversation-1").map(({ text }) => text)).toEqual(["text", "lost", "twice"]);
  });

  it("let hooks overtake each other", async () => {
    await using account = await TestAccount.open();
    await account.connect();
    await account.incoming("m-1", "text");
    const manager = account.amo.manager({ name: "Вера" });
    account.amo.faults.set({ reorderHooks: true });
    const texts = Array.from({ length: 20 }, (_, index) => String(index));
    for (const text of texts) manager.reply("conversation-1", text);
    await account.amo.settled();
    const arrived = account.receiver.received.map(({ body }) => JSON.parse(body).message.message.text);
    expect(arrived.toSorted()).toEqual(texts.toSorted());
    expect(arrived).not.toEqual(texts);
  });

  it("delay webhooks about statuses behind later changes", async () => {
    await using account = await TestAccount.open();
    await account.rest("POST", "webhooks", {
      destination: `${account.receiver.url}/crm`,
      settings: ["status_lead", "update_lead"],
    });
    const id = (await account.rest("POST", "leads", [{}])).body._embedded.leads[0].id;
    account.amo.faults.set({ lateStatusMs: 30 });
    await account.rest("PATCH", `leads/${id}`, { status_id: 142 });
    await account.amo.settled();
    const kinds = account.receiver.received.map(({ body }) =>
      body.includes("leads%5Bstatus%5D") ? "status" : "update",
    );
    expect(kinds).toEqual(["update", "status"]);
  });

  it("must be rates from 0 to 1", async () => {
    await using account = await TestAccount.open();
    expect(() => account.amo.faults.set({ rate429: 2 })).toThrow("rate from 0 to 1");
  });
});

describe("a started sandbox", () => {
  it("says so when its port is taken", async () => {
    await using account = await TestAccount.open();
    const port = Number(new URL(account.amo.url).port);
    await expect(TestAccount.open({ port })).rejects.toThrow("EADDRINUSE");
  });
});
