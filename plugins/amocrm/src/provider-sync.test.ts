import { type CrmProvider, CrmProviders, type CrmRecord, UpdateContact } from "@crmessenger/kernel/sales";
import { afterEach, describe, expect, it } from "vitest";
import { AmoWorld, type WorldOptions, until } from "./amo-world.test.support.ts";

describe("the account as CrmProvider", () => {
  let world: AmoWorld | undefined;
  afterEach(async () => {
    await world?.[Symbol.asyncDispose]();
    world = undefined;
  });
  const start = async (options?: WorldOptions): Promise<{ at: AmoWorld; provider: CrmProvider }> => {
    const at = (world = await AmoWorld.start(options));
    return { at, provider: at.kernel.get(CrmProviders).get("amocrm.account") };
  };
  const contact = (id: string, fields: CrmRecord["fields"] = { name: "Анна" }): CrmRecord => ({
    kind: "contact",
    id,
    belongsTo: null,
    externalId: null,
    fields,
  });

  it("knows what the synchronisation has made, and its own writing comes back without an echo", async () => {
    const { at, provider } = await start();
    const { contactId, conversationId } = await at.phones.write("anna", "1");
    await until(() => at.amo.messages(conversationId).length === 1);
    const [amoContact] = at.amo.contacts();
    const saved = await provider.save([contact(contactId, { name: "Анна Петрова" })]);
    expect(saved).toEqual([{ outcome: "accepted", externalId: String(amoContact?.id) }]);
    await at.amo.settled();
    const patches = () => at.http.sent.filter(({ method }) => method === "PATCH").length;
    await at.kernel.bus.dispatch(UpdateContact, { id: contactId, name: "Анна Сергеевна" });
    await until(() => at.amo.contacts()[0]?.name === "Анна Сергеевна");
    expect([patches(), at.amo.contacts().length]).toEqual([2, 1]);
  });

  it("puts everything off until somebody grants access, and says so", async () => {
    const { at, provider } = await start({ login: false });
    await until(async () => (await provider.state()).status === "needs-login");
    const put = { outcome: "deferred", retryAfterMs: expect.any(Number), reason: expect.stringContaining("login") };
    expect(await provider.save([contact("1")])).toEqual([put]);
    await at.login();
    expect(await provider.save([contact("1")])).toMatchObject([{ outcome: "accepted" }]);
  });

  it("puts off what the rate budget does not allow for now", async () => {
    const { at, provider } = await start({ plugin: { requestsPerSecond: 5 } });
    await provider.read("contact", "1");
    const reads = Array.from({ length: 30 }, (_, n) => provider.read("contact", String(n + 1)).catch(() => undefined));
    const [result] = await provider.save([contact("1")]);
    expect(result).toMatchObject({ outcome: "deferred", reason: expect.stringContaining("limit") });
    await Promise.all(reads);
    expect(at.amo.contacts()).toEqual([]);
  });

  it("tells all changes when there are more than a page of them, and all of one second", async () => {
    const now = Date.now();
    const { at, provider } = await start({
      sandbox: { limits: { requestsPerSecond: Infinity }, clock: { now: () => now } },
    });
    const never = new AbortController().signal;
    const { next } = await provider.changes(null, never);
    const token = at.amo.longLivedToken(at.integration.clientId);
    for (const part of [0, 250, 500]) {
      const body = Array.from({ length: 250 }, (_, n) => ({ name: `Контакт ${part + n}` }));
      const headers = { authorization: `Bearer ${token}` };
      await fetch(`${at.amo.url}/api/v4/contacts`, { method: "POST", headers, body: JSON.stringify(body) });
    }
    const { items } = await provider.changes(next, never);
    expect(new Set(items.map(({ externalId }) => externalId)).size).toBe(750);
    await expect(provider.changes(next, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });
});
