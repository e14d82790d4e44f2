import { parse } from "qs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestAccount } from "../account.test.support.ts";

describe("chats, contacts and unsorted requests", () => {
  let account: TestAccount;
  beforeEach(async () => {
    account = await TestAccount.open();
    await account.connect();
  });
  afterEach(async () => account[Symbol.asyncDispose]());

  const complex = async (): Promise<{ lead: number; contact: number }> => {
    const [made] = (await account.rest("POST", "leads/complex", [{ _embedded: { contacts: [{ name: "Анна" }] } }]))
      .body;
    return { lead: made.id, contact: made.contact_id };
  };
  const chat = async (conversation = "conversation-1"): Promise<string> =>
    (await account.chats("POST", "/chats", { conversation_id: conversation, user: { id: "client-1", name: "Анна" } }))
      .body.id;

  it("makes a contact and an unsorted lead of its own for a chat that comes first", async () => {
    await account.incoming("m-1", "Здравствуйте");
    await account.incoming("m-2", "Вы тут?");
    expect(account.amo.contacts()).toMatchObject([{ name: "Анна", phones: ["+79151112233"], isUnsorted: true }]);
    expect(account.amo.leads()).toMatchObject([{ isUnsorted: true, contactIds: [account.amo.contacts()[0]?.id] }]);
    const { body } = await account.rest("GET", "leads/unsorted");
    const [contact, lead, conversation] = [account.amo.contacts()[0], account.amo.leads()[0], account.amo.chats()[0]];
    expect(body._embedded.unsorted).toMatchObject([
      {
        category: "chats",
        metadata: { from: "Анна", origin: { chat_id: conversation?.id }, last_message_text: "Вы тут?" },
        _embedded: { contacts: [{ id: contact?.id }], leads: [{ id: lead?.id }], companies: [] },
      },
    ]);
    const chats = await account.rest("GET", `contacts/chats?chat_id[]=${conversation?.id}`);
    expect(chats.body._embedded.chats).toEqual([
      { chat_id: conversation?.id, contact_id: contact?.id, id: expect.any(Number) },
    ]);
    expect((await account.rest("GET", "leads")).status).toBe(204);
    expect((await account.rest("GET", "contacts")).status).toBe(204);
    expect((await account.rest("GET", `contacts/${contact?.id}`)).body.is_unsorted).toBe(true);
    expect((await account.rest("GET", "leads/unsorted/summary")).body).toMatchObject({
      total: 1,
      categories: { chats: { total: 1 } },
    });
  });

  it("makes nothing for a chat that is bound to a contact with an open lead", async () => {
    const { lead, contact } = await complex();
    const chatId = await chat();
    const bound = await account.rest("POST", "contacts/chats", [
      { contact_id: contact, chat_id: chatId, request_id: "b" },
    ]);
    expect(bound).toMatchObject({
      status: 200,
      body: {
        _total_items: 1,
        _embedded: { chats: [{ chat_id: chatId, contact_id: contact, request_id: "b", id: expect.any(Number) }] },
      },
    });
    await account.incoming("m-1", "Здравствуйте");
    expect(account.amo.unsorted()).toEqual([]);
    expect(account.amo.leads()).toHaveLength(1);
    expect(account.amo.contacts()).toHaveLength(1);
    const talkId = account.amo.chats()[0]?.talkId;
    const talk = await account.rest("GET", `talks/${talkId}`);
    expect(talk.body).toMatchObject({
      contact_id: contact,
      entity_id: lead,
      entity_type: "lead",
      is_in_work: true,
      chat_id: chatId,
    });
    expect((await account.rest("POST", `talks/${talkId}/close`, { force_close: true })).status).toBe(202);
    expect((await account.rest("POST", `talks/${talkId}/close`, {})).status).toBe(422);
    expect((await account.rest("GET", "talks/1")).status).toBe(404);
    const events = await account.rest("GET", "events?filter[type]=incoming_chat_message");
    expect(events.body._embedded.events).toHaveLength(1);
    const shown = { entity_type: "lead", entity_id: lead, linked_talk_contact_id: contact };
    expect(events.body._embedded.events[0]).toMatchObject({
      ...shown,
      value_after: [{ message: { id: account.amo.messages()[0]?.id } }],
    });
    expect(
      (await account.rest("GET", "events?filter[entity][]=contact&filter[type]=incoming_chat_message")).status,
    ).toBe(200);
    await account.rest("PATCH", `leads/${lead}`, { status_id: 142 });
    const closed = await account.rest("GET", "events?filter[type]=incoming_chat_message");
    expect(closed.body._embedded.events[0]).toMatchObject({ entity_type: "contact", entity_id: contact });
  });

  it("makes an unsorted lead for the same contact when its deals are closed", async () => {
    const { lead, contact } = await complex();
    await account.rest("POST", "contacts/chats", [{ contact_id: contact, chat_id: await chat() }]);
    await account.rest("PATCH", `leads/${lead}`, { status_id: 143 });
    await account.incoming("m-1", "Снова я");
    expect(account.amo.unsorted()).toMatchObject([{ contactId: contact }]);
    expect(account.amo.contacts()).toHaveLength(1);
  });

  it("makes nothing for a silent message", async () => {
    await account.incoming("m-1", "Старое", { silent: true });
    expect(account.amo.leads()).toEqual([]);
  });

  it("binds anew, and refuses what it doesn't know", async () => {
    const { contact } = await complex();
    await account.incoming("m-1", "Сначала чат");
    const [{ id: chatId, contactId: own } = { id: "", contactId: 0 }] = account.amo.chats();
    await account.rest("POST", "contacts/chats", [{ contact_id: contact, chat_id: chatId }]);
    expect(account.amo.chats()[0]?.contactId).toBe(contact);
    expect(own).not.toBe(contact);
    expect((await account.rest("GET", `contacts/chats?contact_id[]=${contact}`)).body._embedded.chats[0].chat_id).toBe(
      chatId,
    );
    expect((await account.rest("GET", `contacts/chats?contact_id[]=${own}`)).status).toBe(204);
    expect(
      (await account.rest("POST", "contacts/chats", [{ contact_id: 1, chat_id: "x" }])).body["validation-errors"][0]
        .errors,
    ).toHaveLength(2);
    expect((await account.rest("GET", "contacts/chats")).status).toBe(400);
    const withCookie = await fetch(`${account.amo.url}/api/v4/contacts/chats`, {
      headers: { authorization: `Bearer ${account.token}`, cookie: "session_id=1" },
    });
    expect(withCookie.status).toBe(400);
  });

  it("lets only the channel's own integration bind its chats", async () => {
    const mine = account.amo.registerIntegration({ redirectUri: "http://x/" });
    const channel = account.amo.registerChannel({
      webhookUrl: "http://127.0.0.1:1/:scope_id",
      clientId: mine.clientId,
    });
    Object.assign(account, { channel });
    await account.connect();
    const { contact } = await complex();
    const binding = [{ contact_id: contact, chat_id: await chat() }];
    expect((await account.rest("POST", "contacts/chats", binding)).status).toBe(400);
    const token = account.amo.longLivedToken(mine.clientId);
    expect((await account.rest("POST", "contacts/chats", binding, token)).status).toBe(200);
  });

  it("accepts a request into a lead and a contact like any other", async () => {
    await account.incoming("m-1", "Здравствуйте");
    const [{ uid, leadId } = { uid: "", leadId: 0 }] = account.amo.unsorted();
    const [pipeline] = account.amo.pipelines();
    const statusId = pipeline?.statuses[3]?.id;
    expect((await account.rest("POST", `leads/unsorted/${uid}/accept`, { status_id: 1 })).status).toBe(400);
    expect((await account.rest("POST", `leads/unsorted/${uid}/accept`, { user_id: 1 })).status).toBe(400);
    const accepted = await account.rest("POST", `leads/unsorted/${uid}/accept`, { status_id: statusId });
    expect(accepted.body).toMatchObject({ uid, _embedded: { leads: [{ id: leadId }] } });
    expect((await account.rest("GET", "leads")).body._embedded.leads[0]).toMatchObject({
      id: leadId,
      status_id: statusId,
    });
    expect((await account.rest("GET", "contacts")).status).toBe(200);
    expect((await account.rest("POST", `leads/unsorted/${uid}/accept`, {})).status).toBe(404);
    expect((await account.rest("GET", "leads/unsorted")).status).toBe(204);
    await account.incoming("m-2", "Ещё");
    expect(account.amo.leads()).toHaveLength(1);
  });

  it("declines a request: lead and contact go, and the next message is a new request", async () => {
    await account.incoming("m-1", "Здравствуйте");
    const [{ uid } = { uid: "" }] = account.amo.unsorted();
    expect((await account.rest("DELETE", `leads/unsorted/${uid}/decline`, {})).status).toBe(200);
    expect([account.amo.leads(), account.amo.contacts()]).toEqual([[], []]);
    expect((await account.rest("DELETE", `leads/unsorted/${uid}/decline`)).status).toBe(404);
    await account.incoming("m-2", "Ещё");
    expect(account.amo.unsorted()).toHaveLength(1);
  });

  it("links a request to an open lead: the chat goes to its contact", async () => {
    const { lead, contact } = await complex();
    await account.incoming("m-1", "Сначала чат");
    const [{ uid } = { uid: "" }] = account.amo.unsorted();
    expect(
      (await account.rest("POST", `leads/unsorted/${uid}/link`, { link: { entity_id: 1, entity_type: "leads" } }))
        .status,
    ).toBe(400);
    const linked = await account.rest("POST", `leads/unsorted/${uid}/link`, {
      link: { entity_id: lead, entity_type: "leads" },
    });
    expect(linked.body).toMatchObject({ uid, _embedded: { leads: [{ id: lead }] } });
    expect(account.amo.chats()[0]?.contactId).toBe(contact);
    expect(account.amo.leads().map(({ id }) => id)).toEqual([lead]);
    expect(account.amo.contacts().map(({ id }) => id)).toEqual([contact]);
  });

  it("puts a request into the pipeline of its source", async () => {
    const made = await account.rest("POST", "leads/pipelines", [{ name: "WhatsApp" }]);
    const pipeline = made.body._embedded.pipelines[0].id;
    await account.rest("POST", "sources", [{ name: "WA", external_id: "wa", pipeline_id: pipeline }]);
    await account.incoming("m-1", "Здравствуйте", { source: { external_id: "wa" } });
    expect(account.amo.leads()).toMatchObject([{ pipelineId: pipeline, sourceExternalId: "wa" }]);
  });

  it("tells page subscribers of messages, talks and requests", async () => {
    account.amo.addWebhook(`${account.receiver.url}/crm`, [
      "add_message",
      "add_talk",
      "update_talk",
      "add_unsorted",
      "delete_unsorted",
    ]);
    await account.incoming("m-1", "Здравствуйте");
    const manager = account.amo.manager({ name: "Вера" });
    manager.reply("conversation-1", "Ответ");
    manager.accept(account.amo.unsorted()[0]?.uid ?? "");
    await account.amo.settled();
    // oxlint-disable-next-line typescript/no-explicit-any -- form bodies of every shape
    const bodies: any[] = account.receiver.received
      .filter(({ url }) => url === "/crm")
      .map(({ body }) => parse(body, { depth: 20 }));
    expect(bodies.map((body) => Object.keys(body)[1])).toEqual(["unsorted", "talk", "message", "message", "unsorted"]);
    expect(bodies[2].message.add[0]).toMatchObject({
      type: "incoming",
      text: "Здравствуйте",
      author: { type: "external" },
      element_type: "2",
    });
    expect(bodies[3].message.add[0]).toMatchObject({ type: "outgoing", author: { type: "user", name: "Вера" } });
    expect(bodies[4].unsorted.delete[0]).toMatchObject({ action: "accept" });
    expect(() => manager.decline("x")).toThrow("no open unsorted request");
  });

  it("lets managers change cards", async () => {
    const { contact } = await complex();
    const manager = account.amo.manager({ name: "Вера" });
    manager.updateContact(contact, { name: "Анна Б.", phone: "+79990000000" });
    expect(account.amo.contacts()[0]).toMatchObject({ name: "Анна Б.", phones: ["+79990000000"] });
    expect(() => manager.updateContact(1, {})).toThrow("no contact");
    expect(() => manager.updateLead(1, {})).toThrow("no lead");
  });
});
