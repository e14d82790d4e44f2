import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestAccount } from "../account.test.support.ts";
import { signHook } from "./signature.ts";

describe("chats API", () => {
  let account: TestAccount;
  beforeEach(async () => {
    account = await TestAccount.open({ webhooks: { chatTimeoutMs: 100 }, mediaRetryDelaysMs: [1, 1] });
    await account.connect();
  });
  afterEach(async () => account[Symbol.asyncDispose]());

  const chatOf = async (conversation = "conversation-1"): Promise<string> =>
    (
      await account.chats("POST", "/chats", {
        conversation_id: conversation,
        user: { id: "client-1", name: "Анна", profile: { phone: "79151112233" } },
      })
    ).body.id;
  const outgoing = (msgid: string, text: string, refId: string) =>
    account.incoming(msgid, text, {
      sender: { id: "manager-1", name: "Вера", ref_id: refId },
      receiver: { id: "client-1", name: "Анна" },
      silent: true,
    });

  it("connects a channel and gives it a scope", async () => {
    expect(await account.connect()).toEqual({
      status: 200,
      type: "application/json",
      body: {
        account_id: account.amo.account.amojoId,
        scope_id: account.channel.scopeId,
        title: "Telegram",
        hook_api_version: "v2",
        is_time_window_disabled: false,
      },
    });
    expect((await account.chats("POST", "/connect", { account_id: "another" })).status).toBe(400);
    const body = { account_id: account.amo.account.amojoId };
    expect(await account.chats("DELETE", "/disconnect", body)).toMatchObject({ status: 200, body: undefined });
    expect((await account.incoming("m-1", "text")).status).toBe(404);
  });

  it("checks signature, body hash and date", async () => {
    const body = { account_id: account.amo.account.amojoId };
    const wrong = await account.chats("POST", "/connect", body, { signature: "0".repeat(40) });
    expect(wrong).toMatchObject({ status: 403, type: "application/json" });
    expect((await account.chats("POST", "/connect", body, { md5: "0".repeat(32) })).status).toBe(403);
    const old = new Date(Date.now() - 16 * 60_000).toUTCString();
    expect((await account.chats("POST", "/connect", body, { date: old })).status).toBe(403);
    expect((await account.chats("POST", "/connect", body, { date: "yesterday" })).status).toBe(403);
    const unknown = await fetch(`${account.amo.url}/v2/origin/custom/unknown/connect`, { method: "POST" });
    expect(unknown.status).toBe(404);
    expect((await account.chats("PUT", "", {})).status).toBe(405);
    expect((await account.chats("POST", "/a/b/c/d", {})).status).toBe(404);
  });

  it("takes a message once by its msgid", async () => {
    const taken = await account.incoming("m-1", "Здравствуйте");
    expect(taken.body).toEqual({
      new_message: {
        conversation_id: "conversation-1",
        sender_id: "client-1",
        receiver_id: null,
        msgid: account.amo.messages()[0]?.id,
        ref_id: "m-1",
      },
    });
    expect(await account.incoming("m-1", "Здравствуйте")).toMatchObject({ status: 400, type: "application/json" });
    expect(account.amo.messages("conversation-1")).toMatchObject([
      { msgid: "m-1", text: "Здравствуйте", direction: "in", author: { kind: "client", name: "Анна" } },
    ]);
  });

  it("keeps any text unchanged", async () => {
    const texts = ["", '👩‍👩‍👧 שלום\n"<script>"', "ё".repeat(4096)];
    for (const [index, text] of texts.entries()) await account.incoming(`m-${index}`, text);
    expect(account.amo.messages().map(({ text }) => text)).toEqual(texts);
  });

  it.each([
    ["no message", { message: undefined }],
    ["a text without text", { message: { type: "text" } }],
    ["an unknown type", { message: { type: "hologram", text: "" } }],
    ["a picture without a file", { message: { type: "picture", text: "" } }],
    ["a file without a size", { message: { type: "file", media: "http://x/", file_name: "a" } }],
    ["a place without coordinates", { message: { type: "location", location: { lon: 1 } } }],
    ["a card without a phone", { message: { type: "contact", contact: { name: "A" } } }],
    ["no sender", { sender: undefined }],
    ["a nameless sender", { sender: { id: "x" } }],
    ["no time", { timestamp: undefined }],
    ["a broken time", { msec_timestamp: "now" }],
    ["no conversation", { conversation_id: undefined }],
    ["a bad source", { source: { external_id: "источник" } }],
    ["an unknown author", { sender: { id: "m", name: "M", ref_id: "x" }, receiver: { id: "c", name: "C" } }],
  ])("refuses %s", async (_, change) => {
    expect((await account.incoming("m-1", "text", change)).status).toBe(400);
    expect(account.amo.messages()).toEqual([]);
  });

  it("refuses bodies that are no events", async () => {
    expect((await account.chats("POST", "", { event_type: "other", payload: {} })).status).toBe(400);
    expect((await account.chats("POST", "", { event_type: "new_message" })).status).toBe(400);
    expect((await account.chats("POST", "", [])).status).toBe(400);
  });

  it("takes messages of managers and of the bot, and sends no hooks for them", async () => {
    const manager = account.amo.manager({ name: "Вера Иванова" });
    expect((await outgoing("m-1", "От менеджера", manager.amojoId)).status).toBe(200);
    expect((await outgoing("m-2", "От бота", account.channel.bot.id)).status).toBe(200);
    expect(account.amo.messages()).toMatchObject([
      { direction: "out", author: { kind: "manager", id: manager.amojoId, name: "Вера Иванова" } },
      { direction: "out", author: { kind: "bot" } },
    ]);
    await account.amo.settled();
    expect(account.receiver.received).toEqual([]);
    expect(account.amo.unsorted()).toEqual([]);
  });

  it("shows a chat in the order its messages were written", async () => {
    const now = Date.now();
    const at = (offset: number) => ({ timestamp: Math.floor((now + offset) / 1000), msec_timestamp: now + offset });
    await account.incoming("m-2", "второе", at(2000));
    await account.incoming("m-1", "первое", at(1000));
    await account.incoming("m-3", "третье", at(2000));
    expect(account.amo.messages().map(({ text }) => text)).toEqual(["первое", "второе", "третье"]);
    expect(account.amo.messages().map(({ sequence }) => sequence)).toEqual([2, 1, 3]);
  });

  it("edits, and names a manager's message for the integration", async () => {
    const chat = await chatOf();
    const reply = account.amo.manager({ name: "Вера" }).reply(chat, "как есть");
    const edited = await account.chats("POST", "", {
      event_type: "edit_message",
      payload: { id: reply.id, msgid: "ours", message: { type: "text", text: "исправлено" } },
    });
    expect(edited.status).toBe(200);
    expect(account.amo.messages(chat)).toMatchObject([{ msgid: "ours", text: "исправлено", edited: true }]);
    const unknown = { event_type: "edit_message", payload: { msgid: "x", message: { type: "text", text: "" } } };
    expect((await account.chats("POST", "", unknown)).status).toBe(404);
    const nameless = { event_type: "edit_message", payload: { message: { type: "text", text: "" } } };
    expect((await account.chats("POST", "", nameless)).status).toBe(400);
  });

  it("creates a chat once, without a message, a contact or a lead", async () => {
    const body = {
      conversation_id: "c-9",
      source: { external_id: "telegram-1" },
      user: { id: "u-9", name: "Борис", profile: { phone: "79151112233" } },
    };
    const first = await account.chats("POST", "/chats", body);
    expect(first.body).toEqual({
      id: expect.any(String),
      user: { id: expect.any(String), client_id: "u-9", name: "Борис", avatar: "", phone: "79151112233" },
    });
    expect((await account.chats("POST", "/chats", body)).body.id).toBe(first.body.id);
    expect((await account.chats("POST", "/chats", { conversation_id: "c" })).status).toBe(400);
    expect(account.amo.contacts()).toEqual([]);
    expect(account.amo.chats()).toMatchObject([{ conversationId: "c-9", sourceExternalId: "telegram-1", messages: 0 }]);
  });

  it("takes delivery statuses", async () => {
    const chat = await chatOf();
    const reply = account.amo.manager({ name: "Вера" }).reply("conversation-1", "Ответ");
    const tell = (id: string, body: unknown) => account.chats("POST", `/${id}/delivery_status`, body);
    expect(await tell(reply.id, { msgid: reply.id, delivery_status: 1 })).toMatchObject({
      status: 200,
      body: undefined,
    });
    expect((await tell(reply.id, { msgid: reply.id, delivery_status: 2 })).status).toBe(200);
    expect(account.amo.messages(chat)).toMatchObject([
      { deliveryStatus: "read", statusHistory: ["delivered", "read"] },
    ]);
    const failed = { msgid: reply.id, delivery_status: -1, error_code: 905, error: "Не вышло" };
    await tell(reply.id, failed);
    expect(account.amo.messages(chat)[0]?.deliveryError).toEqual({ code: 905, text: "Не вышло" });
    expect((await tell("unknown", { delivery_status: 1 })).status).toBe(404);
    expect((await tell(reply.id, { status_code: 1 })).status).toBe(400);
    expect((await tell(reply.id, { delivery_status: -1 })).status).toBe(400);
  });

  it("pages history, newest first", async () => {
    const chat = await chatOf();
    expect((await account.chats("GET", `/chats/${chat}/history`)).status).toBe(204);
    const now = Date.now();
    for (let index = 0; index < 60; index += 1) {
      await account.incoming(`m-${index}`, `текст ${index}`, { timestamp: 1, msec_timestamp: now + index });
    }
    account.amo.manager({ name: "Вера" }).reply(chat, "Ответ");
    const page = await account.chats("GET", `/chats/${chat}/history?offset=0&limit=50`);
    expect(page).toMatchObject({ status: 200, type: "application/json" });
    expect(page.body.messages).toHaveLength(50);
    expect(page.body.messages[0].message).toMatchObject({ text: "Ответ", type: "text", media: "" });
    expect(page.body.messages[0].message).not.toHaveProperty("client_id");
    expect(page.body.messages[0].receiver).toMatchObject({ client_id: "client-1", phone: "79151112233" });
    expect(page.body.messages[1]).toMatchObject({ sender: { client_id: "client-1" }, message: { client_id: "m-59" } });
    const rest = await account.chats("GET", `/chats/${chat}/history?offset=50&limit=50`);
    expect(rest.body.messages).toHaveLength(11);
    expect((await account.chats("GET", `/chats/${chat}/history?offset=61`)).status).toBe(204);
    expect((await account.chats("GET", `/chats/${chat}/history?limit=51`)).status).toBe(400);
    expect((await account.chats("GET", `/chats/${chat}/history?offset=-1`)).status).toBe(400);
    expect((await account.chats("GET", "/chats/unknown/history")).status).toBe(204);
  });

  it("takes typing and reactions", async () => {
    await account.incoming("m-1", "text");
    const who = { conversation_id: "conversation-1", sender: { id: "client-1" } };
    expect((await account.chats("POST", "/typing", who)).status).toBe(204);
    expect((await account.chats("POST", "/typing", { conversation_id: "c" })).status).toBe(400);
    const reaction = {
      conversation_id: "conversation-1",
      msgid: "m-1",
      user: { id: "client-1" },
      type: "react",
      emoji: "😍",
    };
    expect((await account.chats("POST", "/react", reaction)).status).toBe(200);
    expect((await account.chats("POST", "/react", { ...reaction, type: "unreact" })).status).toBe(200);
    expect((await account.chats("POST", "/react", { ...reaction, msgid: "x" })).status).toBe(404);
    expect((await account.chats("POST", "/react", { ...reaction, type: "x" })).status).toBe(400);
    expect((await account.chats("POST", "/react", { type: "react" })).status).toBe(400);
  });

  it("sends a signed hook for what a manager types, once, whatever is answered", async () => {
    const chat = await chatOf();
    account.receiver.answer = () => 500;
    const manager = account.amo.manager({ name: "Вера" });
    const reply = manager.reply(chat, "Добрый день 👋");
    await account.amo.settled();
    expect(account.receiver.received).toHaveLength(1);
    const [hook] = account.receiver.received;
    expect(hook?.url).toBe(`/hook/${account.channel.scopeId}`);
    expect(hook?.headers["x-signature"]).toBe(signHook(account.channel.secret, hook?.body ?? ""));
    expect(JSON.parse(hook?.body ?? "")).toMatchObject({
      account_id: account.amo.account.amojoId,
      message: {
        receiver: { client_id: "client-1", phone: "79151112233", email: "" },
        sender: { id: manager.amojoId, name: "Вера" },
        conversation: { id: chat, client_id: "conversation-1" },
        msec_timestamp: reply.writtenAt,
        message: { id: reply.id, type: "text", text: "Добрый день 👋", media: "", markup: null },
      },
    });
    expect(account.amo.chatHooks()).toMatchObject([{ messageId: reply.id, status: 500 }]);
  });

  it("waits for an answer to a hook for a while only", async () => {
    const chat = await chatOf();
    account.receiver.answer = () => "silence";
    account.amo.manager({ name: "Вера" }).reply(chat, "Ответ");
    await account.amo.settled();
    expect(account.amo.chatHooks()).toMatchObject([{ status: 0 }]);
  });

  it("sends hooks of a chat in order, and quotes what is answered", async () => {
    const chat = await chatOf();
    await account.incoming("m-1", "Вопрос");
    const manager = account.amo.manager({ name: "Вера" });
    const question = account.amo.messages(chat)[0]?.id ?? "";
    manager.reply(chat, { text: "0", replyTo: question });
    for (let index = 1; index < 20; index += 1) manager.reply(chat, String(index));
    await account.amo.settled();
    const hooks = account.receiver.received.map(({ body }) => JSON.parse(body).message.message);
    expect(hooks.map(({ text }) => text)).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
    expect(hooks[0].reply_to.message).toMatchObject({ id: question, msgid: "m-1", text: "Вопрос" });
    expect(() => manager.reply("nowhere", "x")).toThrow("no chat");
  });

  it("quotes in our direction too", async () => {
    await account.incoming("m-1", "Вопрос");
    await account.incoming("m-2", "Ещё", { reply_to: { message: { msgid: "m-1" } } });
    const [first, second] = account.amo.messages();
    expect(second?.replyTo).toBe(first?.id);
  });

  it("lets a manager write first, and joins the client's answer to that chat", async () => {
    const manager = account.amo.manager({ name: "Вера" });
    const first = manager.writeFirst({ phone: "+79150000000", text: "Здравствуйте", sourceExternalId: "tg" });
    await account.amo.settled();
    const hook = JSON.parse(account.receiver.received[0]?.body ?? "").message;
    expect(hook.conversation).toEqual({ id: first.chatId });
    expect(hook.receiver).toEqual({ id: expect.any(String), phone: "+79150000000", email: "" });
    expect(hook.source).toEqual({ external_id: "tg" });
    await account.incoming("m-1", "Да?", { conversation_id: "new", conversation_ref_id: first.chatId });
    expect(account.amo.messages("new").map(({ text }) => text)).toEqual(["Здравствуйте", "Да?"]);
    expect(account.amo.chats()).toHaveLength(1);
  });

  it("sends the old flat hook to a channel connected with version 1", async () => {
    const chat = await chatOf();
    await account.chats("POST", "/connect", { account_id: account.amo.account.amojoId });
    account.amo.manager({ name: "Вера" }).reply(chat, "Ответ");
    await account.amo.settled();
    expect(JSON.parse(account.receiver.received[0]?.body ?? "")).toMatchObject({
      conversation_id: "conversation-1",
      text: "Ответ",
    });
  });

  it("downloads media it is told of, trying again, and serves what managers attach", async () => {
    account.receiver.answer = () => (account.receiver.received.length < 2 ? 503 : 200);
    const picture = {
      type: "picture",
      text: "",
      media: `${account.receiver.url}/a.png`,
      file_name: "a.png",
      file_size: 3,
    };
    await account.incoming("m-1", "", { message: picture });
    await account.amo.settled();
    expect(account.amo.messages()[0]?.media).toMatchObject({ state: "stored", fileName: "a.png", fileSize: 3 });
    account.receiver.answer = () => 404;
    await account.incoming("m-2", "", { message: { ...picture, media: `${account.receiver.url}/b.png` } });
    await account.amo.settled();
    expect(account.amo.messages()[1]?.media).toMatchObject({ state: "failed", error: expect.stringContaining("404") });
    account.receiver.received.length = 0;

    const content = new TextEncoder().encode("PNG");
    account.amo.manager({ name: "Вера" }).reply("conversation-1", {
      text: "Смотрите",
      media: [
        { content, fileName: "фото 1.png", contentType: "image/png" },
        { content, fileName: "2.pdf", contentType: "application/pdf" },
      ],
    });
    await account.amo.settled();
    const hooks = account.receiver.received.map(({ body }) => JSON.parse(body).message.message);
    expect(hooks.map(({ type, text }) => [type, text])).toEqual([
      ["picture", "Смотрите"],
      ["file", ""],
    ]);
    expect(hooks[0].media_group_id).toBe(hooks[1].media_group_id);
    const file = await fetch(hooks[0].media);
    expect(file.headers.get("content-type")).toBe("image/png");
    expect(await file.text()).toBe("PNG");
    expect((await fetch(`${account.amo.url}/attachments/x/y`)).status).toBe(404);
  });

  it("calls watchers back for messages of both sides", async () => {
    const seen: string[] = [];
    const stop = account.amo.watchMessages(({ text }) => seen.push(text));
    await account.incoming("m-1", "от клиента");
    account.amo.manager({ name: "Вера" }).reply("conversation-1", "от менеджера");
    stop();
    await account.incoming("m-2", "после");
    expect(seen).toEqual(["от клиента", "от менеджера"]);
  });
});
