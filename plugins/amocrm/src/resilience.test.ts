import { SendMessage } from "@crmessenger/kernel/communication";
import type { HttpRequest } from "@crmessenger/kernel/infrastructure";
import { afterEach, describe, expect, it } from "vitest";
import { AmoWorld, type WorldOptions, until } from "./amo-world.test.support.ts";
import { lostAnswer, notSent } from "./watched-client.test.support.ts";

/** Loses the answers of the first so many requests that match. */
function loses(times: number, matches: (request: HttpRequest) => boolean): (request: HttpRequest) => Error | undefined {
  let left = times;
  return (request) => (matches(request) && left-- > 0 ? lostAnswer() : undefined);
}

const ends = (path: string) => (request: HttpRequest) => request.method === "POST" && request.url.endsWith(path);

describe("when things go wrong", () => {
  let world: AmoWorld | undefined;
  afterEach(async () => {
    await world?.[Symbol.asyncDispose]();
    world = undefined;
  });
  const start = async (options?: WorldOptions): Promise<AmoWorld> => (world = await AmoWorld.start(options));

  it.each(["/leads/complex", "/contacts/chats", "/sources", "/chats", "/contacts/custom_fields"])(
    "makes nothing twice when the answer to %s is lost",
    async (path) => {
      const at = await start();
      at.http.after = loses(2, ends(path));
      const receipts = await Promise.all(["a", "b", "c"].map((person) => at.phones.write(person, "Здравствуйте")));
      await until(() => receipts.every(({ conversationId }) => at.amo.messages(conversationId).length === 1));
      expect([at.amo.contacts().length, at.amo.leads().length, at.amo.chats().length]).toEqual([3, 3, 3]);
      expect(at.amo.unsorted()).toEqual([]);
    },
  );

  it("posts no message twice when the answer is lost, and still tells its status", async () => {
    const at = await start();
    const { conversationId } = await at.phones.write("anna", "1");
    await until(() => at.amo.messages(conversationId).length === 1);
    at.http.after = loses(2, ({ body }) => String(body).includes('"new_message"'));
    const parts = [{ type: "text", text: "2" } as const];
    const input = { conversationId, parts, replyToId: null, origin: null };
    const message = await at.kernel.bus.dispatch(SendMessage, input);
    await at.phones.write("anna", "3");
    await until(() => at.amo.messages(conversationId).length === 3);
    expect(at.chat(conversationId)).toEqual(["> 1", "< 2", "> 3"]);
    await at.phones.host?.report([{ externalId: message.id, status: "read", at: new Date().toISOString() }]);
    await until(() => at.amo.messages(conversationId)[1]?.deliveryStatus === "read");
  });

  it("does not search for what was surely not sent", async () => {
    const at = await start();
    let left = 2;
    at.http.before = (request) => (ends("/leads/complex")(request) && left-- > 0 ? notSent() : undefined);
    const { conversationId } = await at.phones.write("anna", "1");
    await until(() => at.amo.messages(conversationId).length === 1);
    expect(at.http.sent.some(({ url }) => url.includes("order[id]=desc"))).toBe(false);
  });

  it("finds the answers whose hooks were lost while it was away, in order", async () => {
    const at = await start({ plugin: { reconcileEveryMs: 100 } });
    const { conversationId } = await at.phones.write("anna", "Вопрос");
    await until(() => at.amo.messages(conversationId).length === 1);
    at.deaf = true;
    for (const text of ["1", "2", "3"]) at.manager.reply(conversationId, text);
    await at.amo.settled();
    expect(at.phoneTexts()).toEqual([]);
    at.deaf = false;
    await until(() => at.phones.arrived.length === 3);
    expect(at.phoneTexts()).toEqual(["1", "2", "3"]);
    expect(at.chat(conversationId)).toEqual(["> Вопрос", "< 1", "< 2", "< 3"]);
  });

  it("sends answers once and in order although hooks are doubled and overtake each other", async () => {
    const at = await start();
    const { conversationId } = await at.phones.write("anna", "Вопрос");
    await until(() => at.amo.messages(conversationId).length === 1);
    at.amo.faults.set({ duplicateHookRate: 0.5, reorderHooks: true, dropHookRate: 0.2 });
    const texts = Array.from({ length: 20 }, (_, index) => String(index));
    for (const text of texts) at.manager.reply(conversationId, text);
    await at.amo.settled();
    at.amo.faults.set({});
    at.manager.reply(conversationId, "last");
    await until(() => at.phones.arrived.length === texts.length + 1);
    await at.amo.settled();
    expect(at.phoneTexts()).toEqual([...texts, "last"]);
  });

  it("stops at a block, probes, and goes on when it is lifted", async () => {
    const at = await start({ plugin: { blockedProbeMs: 200 } });
    const first = await at.phones.write("anna", "1");
    await until(() => at.amo.messages(first.conversationId).length === 1);
    at.amo.account.block();
    const second = await at.phones.write("boris", "2");
    await until(async () => (await at.state()) === "blocked");
    const before = at.http.sent.length;
    const probes = () => at.http.sent.slice(before).map(({ url }) => url.replace(at.amo.url, ""));
    await until(() => probes().length >= 2);
    expect(new Set(probes())).toEqual(new Set(["/api/v4/account"]));
    at.amo.account.unblock();
    await until(() => at.amo.messages(second.conversationId).length === 1);
    expect(await at.state()).toBe("connected");
  });

  it("tells a missing right from a block", async () => {
    const at = await start({ login: false });
    at.http.instead = (request) => (ends("/webhooks")(request) ? 403 : undefined);
    await at.login();
    const { conversationId } = await at.phones.write("anna", "1");
    await until(() => at.amo.messages(conversationId).length === 1);
    expect(await at.state()).toBe("connected");
    expect(at.kernel.log.lines.some(({ message }) => message.includes("amoCRM takes no webhook"))).toBe(true);
  });

  it("waits while the account is not paid for", async () => {
    const at = await start();
    at.amo.account.setPaid(false);
    const { conversationId } = await at.phones.write("anna", "1");
    await until(() => at.kernel.log.lines.some(({ fields }) => fields["code"] === "CRM_AMOCRM_UNPAID"));
    expect(at.amo.messages(conversationId)).toEqual([]);
    expect((await at.status()).backlog).toBe(1);
  });

  it("says what is wrong with the channel's secret, and waits", async () => {
    const at = await start({ environment: { AMOCRM_CHANNEL_SECRET: "another" } });
    await at.phones.write("anna", "1");
    await until(() => at.kernel.log.lines.some(({ message }) => message.includes("Check AMOCRM_CHANNEL_SECRET")));
    expect((await at.status()).backlog).toBe(1);
  });

  it("goes on after an answer that makes no sense", async () => {
    const at = await start();
    let left = 2;
    at.http.instead = (request) =>
      request.method === "GET" && request.url.includes("/sources") && left-- > 0 ? 200 : undefined;
    const { conversationId } = await at.phones.write("anna", "1");
    await until(() => at.amo.messages(conversationId).length === 1);
    expect(at.kernel.log.lines.some(({ fields }) => fields["code"] === "CRM_AMOCRM_ANSWER")).toBe(true);
  });

  it("shows which conversation amoCRM refuses, and lets the others go", async () => {
    const at = await start();
    let left = 1;
    const spoilt = at.phones.write("anna", "1");
    at.http.instead = (request) => (ends("/leads/complex")(request) && left-- > 0 ? 400 : undefined);
    const first = await spoilt;
    await until(async () => (await at.status()).refused.length === 1);
    expect((await at.status()).refused[0]).toMatchObject({ conversationId: first.conversationId });
    const second = await at.phones.write("boris", "2");
    await until(() => at.amo.messages(second.conversationId).length === 1);
    // Its next message is another try.
    await at.phones.write("anna", "3");
    await until(() => at.amo.messages(first.conversationId).length === 2);
  });

  it("leaves out a message that amoCRM refuses, and goes on with the next", async () => {
    const at = await start();
    const { conversationId } = await at.phones.write("anna", "1");
    await until(() => at.amo.messages(conversationId).length === 1);
    at.http.instead = ({ body }) => (String(body).includes("unspeakable") ? 400 : undefined);
    await at.phones.write("anna", "unspeakable");
    await at.phones.write("anna", "3");
    await until(() => at.amo.messages(conversationId).length === 2);
    expect(at.chat(conversationId)).toEqual(["> 1", "> 3"]);
    expect(
      at.kernel.log.lines.some(({ level, message }) => level === "error" && message.includes("its chat lacks it")),
    ).toBe(true);
  });

  it("keeps within amoCRM's limit", async () => {
    const at = await start({
      sandbox: { limits: { requestsPerSecond: 7 } },
      plugin: { requestsPerSecond: 7, matchContactsByPhone: false },
    });
    const people = Array.from({ length: 20 }, (_, index) => `+7900000000${index}`);
    for (const person of people) await at.phones.write(person, "1");
    await until(() => at.amo.messages().length === people.length);
    expect(at.kernel.log.lines.filter(({ fields }) => fields["code"] === "CRM_AMOCRM_RATE_LIMITED")).toEqual([]);
    expect(at.amo.account.blocked).toBe(false);
  });

  it("slows down when amoCRM asks for it", async () => {
    const at = await start();
    at.amo.faults.set({ rate429: 1 });
    const { conversationId } = await at.phones.write("anna", "1");
    await until(() => at.kernel.log.lines.some(({ fields }) => fields["code"] === "CRM_AMOCRM_RATE_LIMITED"));
    at.amo.faults.set({});
    await until(() => at.amo.messages(conversationId).length === 1);
  });

  it("connects the channel again after somebody reinstalled the integration", async () => {
    const at = await start();
    const first = await at.phones.write("anna", "1");
    await until(() => at.amo.messages(first.conversationId).length === 1);
    await at.amo.owner.uninstall(at.integration.clientId);
    await at.phones.write("anna", "2");
    await until(async () => (await at.state()) === "needs-login");
    await at.login();
    await until(() => at.amo.messages(first.conversationId).length === 2);
  });

  it("loses, doubles and mixes up nothing in a storm", { timeout: 60_000 }, async () => {
    const at = await start({
      sandbox: { seed: 20, limits: { requestsPerSecond: Infinity } },
      plugin: { reconcileEveryMs: 200 },
    });
    at.amo.faults.set({
      rate429: 0.05,
      rate5xx: 0.1,
      timeoutBeforeEffectRate: 0.05,
      timeoutAfterEffectRate: 0.1,
      timeoutHoldMs: 5,
      dropHookRate: 0.2,
      duplicateHookRate: 0.2,
      reorderHooks: true,
      lateStatusMs: 20,
    });
    const people = Array.from({ length: 8 }, (_, index) => `+7900111000${index}`);
    const talks = await Promise.all(people.map((person) => talkThroughStorm(at, person)));
    at.amo.faults.set({});
    for (const { conversationId, expected } of talks) {
      await until(() => at.amo.messages(conversationId).length >= expected.length);
      expect(at.chat(conversationId)).toEqual(expected);
    }
    await at.amo.settled();
    expect(at.phones.arrived).toHaveLength(people.length * 4);
    expect(at.amo.contacts()).toHaveLength(people.length);
    expect(at.amo.leads()).toHaveLength(people.length);
    expect(at.amo.unsorted()).toEqual([]);
  });
});

/** A person and a manager take turns; the manager answers in amoCRM and here. Each waits for the other. */
async function talkThroughStorm(at: AmoWorld, person: string): Promise<{ conversationId: string; expected: string[] }> {
  const expected: string[] = [];
  let conversationId = "";
  const onPhone = (text: string) =>
    at.phones.arrived.some(({ parts }) => parts.some((part) => part.type === "text" && part.text === text));
  const inAmo = () =>
    until(async () => {
      if ((await at.state()) === "needs-login") await at.login();
      return at.amo.messages(conversationId).length >= expected.length;
    });
  for (let turn = 0; turn < 4; turn += 1) {
    const question = `${person} asks ${turn}`;
    ({ conversationId } = await at.phones.write(person, question));
    expected.push(`> ${question}`);
    await inAmo();
    const answer = `${person} hears ${turn}`;
    if (turn % 2 === 0) at.manager.reply(conversationId, answer);
    else
      await at.kernel.bus.dispatch(SendMessage, {
        conversationId,
        parts: [{ type: "text", text: answer }],
        replyToId: null,
        origin: null,
      });
    expected.push(`< ${answer}`);
    await until(() => onPhone(answer));
    await inAmo();
  }
  return { conversationId, expected };
}
