import { CrmError } from "@crmessenger/kernel";
import type { OutboundMessage } from "@crmessenger/kernel/communication";
import { createRecordingHost, eventually } from "@crmessenger/testing";
import { describe, expect, test } from "vitest";
import { type OpenAccount, accountOn, openAccount, startTemplateName, startProvider } from "./support/open-account.ts";

const KEY = "0190a1b2-0000-7000-8000-000000000001";
const PICTURE = { mimeType: "image/png", fileName: "cup ☕.png", content: "a picture" };

function send({ channel, customer }: OpenAccount, message: Partial<OutboundMessage> = {}) {
  const parts = [{ type: "text" as const, text: "Good morning" }];
  const usual = { id: KEY, conversationId: "c", conversationExternalId: customer.chatId, parts };
  return channel.send({ ...usual, ...message }, { idempotencyKey: KEY });
}

const received = ({ host }: OpenAccount, count: number) =>
  eventually(() => {
    expect(host.received).toHaveLength(count);
    return host.received;
  });

describe("a message from a customer", () => {
  test("says who wrote it, and what it answers", async () => {
    const account = await openAccount();
    account.customer.write("Again?", { replyTo: "message-0", from: { id: "p", name: "Anna", phone: "+12133734253" } });
    const [message] = await received(account, 1);
    expect(message).toMatchObject({
      channelType: "template-name",
      replyToExternalId: "message-0",
      sender: {
        name: "Anna",
        identities: [
          { kind: "template-name", value: "p", verified: true },
          { kind: "phone", value: "+12133734253", verified: false },
        ],
      },
    });
  });

  test("brings its files, which are stored before it is accepted", async () => {
    const account = await openAccount();
    account.customer.writeFile(PICTURE, "Look!");
    const [message] = await received(account, 1);
    const [media, text] = message?.parts ?? [];
    expect(text).toEqual({ type: "text", text: "Look!" });
    if (media?.type !== "media") throw new Error("There is no picture.");
    expect(media).toMatchObject({ kind: "image", file: { mimeType: "image/png", fileName: "cup ☕.png", size: 9 } });
    expect(await new Response(await account.storage.get(media.file.path)).text()).toBe("a picture");
  });

  test("whose file is gone comes without it and holds nobody up", async () => {
    const account = await openAccount();
    account.customer.write("Look!", { files: [{ id: "gone", mimeType: "image/png" }] });
    account.customer.write("Hello?");
    const [message] = await received(account, 2);
    expect(message?.parts).toMatchObject([{ type: "unsupported" }, { type: "text", text: "Look!" }]);
  });

  test("that the application does not want is not offered again", async () => {
    const account = await openAccount();
    account.host.failReceiving(new CrmError("CRM_TEST_UNWANTED", "No spam.", { status: 403 }));
    account.customer.write("Buy!");
    account.customer.write("Hello");
    expect((await received(account, 1))[0]?.parts).toEqual([{ type: "text", text: "Hello" }]);
    expect(account.host.logger).toMatchObject({ lines: [{ level: "warn", fields: { code: "CRM_TEST_UNWANTED" } }] });
  });

  test("is found among kinds of updates that nobody knows yet", async () => {
    const account = await openAccount();
    account.server.push("wave", { hello: true });
    account.customer.write("Hello");
    await received(account, 1);
    expect(account.channel.state().status).toBe("connected");
  });
});

describe("a message to a customer", () => {
  test("takes its file along, once, however often it is tried", async () => {
    const account = await openAccount();
    const file = await account.storage.put("menu", Buffer.from("coffee"), {
      mimeType: "text/plain",
      fileName: "меню.txt",
    });
    const parts = [{ type: "media", kind: "document", file } as const, { type: "text", text: "Our menu" } as const];
    await send(account, { parts, replyToExternalId: "message-0" });
    await send(account, { parts, replyToExternalId: "message-0" });
    expect(account.customer.received).toMatchObject([
      { text: "Our menu", replyTo: "message-0", file: { fileName: "меню.txt" } },
    ]);
    expect([...account.server.files.values()].map(({ content }) => content.toString())).toEqual(["coffee"]);
  });

  test("waits as long as Template name asks for, and the others with it", async () => {
    const account = await openAccount();
    const answer = { status: 429, headers: { "retry-after": "30" } };
    account.server.refusals.push({ call: "POST /v1/chats", answer });
    expect(await send(account)).toMatchObject({ outcome: "deferred", retryAfterMs: 30_000 });
    const other = await send(account, { id: "other" });
    expect(other).toMatchObject({ outcome: "deferred", reason: "Template name asked for a pause." });
    expect(account.server.calls.filter((call) => call.startsWith("POST"))).toHaveLength(1);
  });

  test("has an unknown outcome after a 500, and is taken once when it is repeated", async () => {
    const account = await openAccount();
    account.server.refusals.push({ call: "POST /v1/chats", answer: { status: 500 } });
    await expect(send(account)).rejects.toMatchObject({ code: "CRM_TEMPLATE_NAME_ANSWER", retryable: true });
    expect(await send(account)).toMatchObject({ outcome: "accepted" });
    expect(account.customer.received).toHaveLength(1);
  });

  test.each([
    ["to a chat that is gone", { conversationExternalId: "nowhere" }, "rejected"],
    [
      "with a file that is gone",
      {
        parts: [
          { type: "media", kind: "image", file: { path: "no/where", size: 1, sha256: "", mimeType: "image/png" } },
        ],
      },
      "rejected",
    ],
  ] as const)("%s is %s", async (_, message, outcome) => {
    expect(await send(await openAccount(), message)).toMatchObject({ outcome, reason: expect.stringMatching(/\w/) });
  });

  test("waits when its file can't be uploaded now, and fails when it never can", async () => {
    const account = await openAccount();
    const file = await account.storage.put("menu", Buffer.from("coffee"), { mimeType: "text/plain" });
    const parts = [{ type: "media", kind: "document", file } as const];
    for (const status of [503, 413]) account.server.refusals.push({ call: "POST /v1/files", answer: { status } });
    expect(await send(account, { parts })).toMatchObject({ outcome: "deferred" });
    expect(await send(account, { parts })).toMatchObject({
      outcome: "rejected",
      reason: "Template name answered 413.",
    });
  });

  test("waits while the account is not connected", async () => {
    const account = await openAccount();
    await account.channel.disconnect();
    expect(await send(account)).toMatchObject({ outcome: "deferred" });
  });
});

describe("a token", () => {
  test("that nobody has given asks for a login", async () => {
    const { provider } = await startProvider();
    const host = createRecordingHost(accountOn(await startTemplateName()));
    const channel = provider.open(host);
    await channel.connect();
    expect(channel.state()).toMatchObject({ status: "needs-login", reason: expect.stringContaining("token") });
  });

  test("that Template name takes back asks for a login, and questions end", async () => {
    const account = await openAccount();
    account.server.refusals.push({ call: "GET /v1/updates", answer: { status: 401 } });
    account.server.interrupt();
    await eventually(() => expect(account.channel.state().status).toBe("needs-login"));
    expect(await send(account)).toMatchObject({ outcome: "accepted" });
  });

  test("is tried again where Template name could not be asked, and the problem is told without it", async () => {
    const { provider } = await startProvider();
    const server = await startTemplateName();
    const flow = await provider.login(createRecordingHost(accountOn(server)), "token");
    for (let count = 0; count < 3; count += 1) server.refusals.push({ call: "GET /v1/me", answer: { status: 500 } });
    await flow.submit({ token: server.token });
    const step = await flow.next(0);
    expect(step).toMatchObject({ kind: "ask", problem: expect.stringContaining("Template name answered 500") });
    expect(JSON.stringify(step)).not.toContain(server.token);
    server.refusals.length = 0;
    await flow.submit({ token: server.token });
    expect(await flow.next(0)).toMatchObject({
      kind: "done",
      externalId: "template-name-account",
      displayName: "Coffee shop",
    });
  });

  test("is not stored by a login that was cancelled meanwhile", async () => {
    const { provider } = await startProvider();
    const server = await startTemplateName();
    const host = createRecordingHost(accountOn(server));
    const flow = await provider.login(host, "token");
    const submitting = flow.submit({ token: server.token });
    await flow.cancel();
    await submitting;
    expect(await flow.next(0)).toMatchObject({ kind: "failed", code: "CRM_LOGIN_CANCELLED" });
    const channel = provider.open(host);
    await channel.connect();
    expect(channel.state().status).toBe("needs-login");
  });

  test("is forgotten by a logout", async () => {
    const account = await openAccount();
    const { provider } = await startProvider();
    await account.channel.disconnect();
    await provider.logout(account.host);
    const channel = provider.open(account.host);
    await channel.connect();
    expect(channel.state().status).toBe("needs-login");
  });
});
