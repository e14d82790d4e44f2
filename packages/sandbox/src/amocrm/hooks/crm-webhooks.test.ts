import { parse } from "qs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestAccount } from "../account.test.support.ts";
import { encodeForm } from "./form.ts";

describe("CRM webhooks", () => {
  let account: TestAccount;
  beforeEach(async () => {
    account = await TestAccount.open({ webhooks: { timeoutMs: 100, retryDelaysMs: [1, 1, 1, 1] } });
  });
  afterEach(async () => account[Symbol.asyncDispose]());

  const subscribe = (...settings: string[]) =>
    account.rest("POST", "webhooks", { destination: `${account.receiver.url}/crm`, settings });
  // oxlint-disable-next-line typescript/no-explicit-any -- form bodies of every shape
  const bodies = (): any[] =>
    account.receiver.received.map(({ body }) => parse(body, { depth: 20, arrayLimit: 1000, parameterLimit: 5000 }));

  it("keeps one subscription an address", async () => {
    const first = await subscribe("add_lead");
    expect(first).toMatchObject({ status: 201, body: { settings: ["add_lead"], disabled: false } });
    const second = await subscribe("add_lead", "status_lead");
    expect(second.body.id).toBe(first.body.id);
    const listed = await account.rest("GET", `webhooks?filter[destination]=${account.receiver.url}/crm`);
    expect(listed.body._embedded.webhooks).toMatchObject([{ settings: ["add_lead", "status_lead"] }]);
    const destination = `${account.receiver.url}/crm`;
    expect((await account.rest("DELETE", "webhooks", { destination })).status).toBe(204);
    expect((await account.rest("DELETE", "webhooks", { destination })).status).toBe(404);
  });

  it("refuses unknown events and addresses", async () => {
    const refused = await subscribe("add_message");
    expect(refused.body["validation-errors"][0].errors[0].path).toBe("settings.0");
    expect((await account.rest("POST", "webhooks", { destination: "x", settings: ["add_lead"] })).status).toBe(400);
    expect((await account.rest("POST", "webhooks", { destination: account.receiver.url })).status).toBe(400);
  });

  it("sends what changed together in one form body, the account first", async () => {
    await subscribe("add_lead");
    await account.rest("POST", "leads", [{ name: "Первая & ~", price: 5 }, { name: "Вторая" }]);
    await account.amo.settled();
    expect(account.receiver.received).toHaveLength(1);
    const [hook] = account.receiver.received;
    expect(hook?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(hook?.headers["user-agent"]).toBe("amoCRM-Webhooks/3.0");
    expect(hook?.headers).not.toHaveProperty("x-signature");
    expect(hook?.body).toMatch(
      /^account%5Bsubdomain%5D=sandbox&account%5Bid%5D=\d+&account%5B_links%5D%5Bself%5D=http/u,
    );
    const [body] = bodies();
    expect(body.leads.add).toHaveLength(2);
    expect(body.leads.add[0]).toMatchObject({
      name: "Первая & ~",
      price: "5",
      created_at: expect.stringMatching(/^\d+$/u),
    });
    expect(body.leads.add[1].price).toBe("");
  });

  it("tells where a lead came from, and who answers for it", async () => {
    await subscribe("status_lead", "update_lead", "responsible_lead");
    const id = (await account.rest("POST", "leads", [{}])).body._embedded.leads[0].id;
    const manager = account.amo.manager({ name: "Вера" });
    const [pipeline] = account.amo.pipelines();
    manager.updateLead(id, { statusId: 142, responsibleUserId: manager.id });
    await account.amo.settled();
    expect(bodies().map((body) => Object.keys(body.leads)[0])).toEqual(["status", "responsible", "update"]);
    expect(bodies()[0].leads.status[0]).toMatchObject({
      id: String(id),
      status_id: "142",
      old_status_id: String(pipeline?.statuses[1]?.id),
      old_pipeline_id: String(pipeline?.id),
      modified_user_id: String(manager.id),
    });
    manager.deleteLead(id);
  });

  it("shows dates bare, choices with their id, companies among contacts and leads by id", async () => {
    await subscribe("add_contact", "add_company", "update_contact", "add_task", "note_lead", "delete_lead");
    const fields = (await account.rest("POST", "contacts/custom_fields", [{ name: "День", type: "date" }])).body
      ._embedded;
    const made = await account.rest("POST", "leads/complex", [
      {
        _embedded: {
          contacts: [
            {
              name: "Анна",
              custom_fields_values: [
                { field_id: fields.custom_fields[0].id, values: [{ value: 1_615_845_600 }] },
                { field_code: "PHONE", values: [{ value: "+7912", enum_code: "WORK" }] },
              ],
            },
          ],
          companies: [{ name: "ООО" }],
        },
      },
    ]);
    const [{ id: lead, contact_id: contact }] = made.body;
    await account.rest("PATCH", `contacts/${contact}`, { name: "Анна Б." });
    await account.rest("POST", "tasks", [
      { text: "Звонок", complete_till: 1_500_768_000, entity_id: lead, entity_type: "leads" },
    ]);
    await account.rest("POST", `leads/${lead}/notes`, [{ note_type: "common", params: { text: "Заметка" } }]);
    account.amo.manager({ name: "Вера" }).deleteLead(lead);
    await account.amo.settled();
    const [people, company, update, task, note, deleted] = bodies();
    expect(people.contacts.add[0]).toMatchObject({ type: "contact", name: "Анна" });
    expect(people.contacts.add[0].custom_fields[0].values).toEqual(["1615845600"]);
    expect(people.contacts.add[0].custom_fields[1]).toMatchObject({
      code: "PHONE",
      values: [{ value: "+7912", enum: expect.any(String) }],
    });
    expect(company.contacts.add[0]).toMatchObject({ type: "company", name: "ООО" });
    expect(update.contacts.update[0]).toMatchObject({
      linked_leads_id: { [lead]: { ID: String(lead) } },
      company_name: "ООО",
    });
    expect(task.task.add[0]).toMatchObject({ complete_till: "2017-07-23 00:00:00", element_type: "2" });
    expect(note.leads.note[0].note).toMatchObject({ text: "Заметка", element_id: String(lead) });
    expect(deleted.leads.delete[0].id).toBe(String(lead));
  });

  it("repeats twice after any failure, and twice more after a server error", async () => {
    await subscribe("add_lead");
    account.receiver.answer = () => 404;
    await account.rest("POST", "leads", [{}]);
    await account.amo.settled();
    expect(account.receiver.received).toHaveLength(3);
    account.receiver.answer = () => 500;
    await account.rest("POST", "leads", [{}]);
    await account.amo.settled();
    expect(account.receiver.received).toHaveLength(3 + 5);
    expect(account.amo.webhooks().map(({ attempt }) => attempt)).toEqual([0, 1, 2, 0, 1, 2, 3, 4]);
  });

  it("stops repeating once it is answered, and counts silence as 499", async () => {
    await subscribe("add_lead");
    account.receiver.answer = () => (account.receiver.received.length < 2 ? "silence" : 200);
    await account.rest("POST", "leads", [{}]);
    await account.amo.settled();
    expect(account.amo.webhooks().map(({ status }) => status)).toEqual([499, 200]);
  });

  it("disables a subscription after too many bad replies, until it is made again", async () => {
    await subscribe("add_lead");
    account.receiver.answer = () => 500;
    for (let index = 0; index < 21; index += 1) await account.rest("POST", "leads", [{}]);
    await account.amo.settled();
    expect((await account.rest("GET", "webhooks")).body._embedded.webhooks[0].disabled).toBe(true);
    const before = account.receiver.received.length;
    await account.rest("POST", "leads", [{}]);
    await account.amo.settled();
    expect(account.receiver.received).toHaveLength(before);
    expect((await subscribe("add_lead")).body.disabled).toBe(false);
  });

  it("keeps no more than a hundred", async () => {
    for (let index = 0; index < 100; index += 1) account.amo.addWebhook(`http://127.0.0.1:1/${index}`, ["add_lead"]);
    expect((await subscribe("add_lead")).status).toBe(422);
  });

  it("is for administrators", async () => {
    const refused = await account.rest("POST", "webhooks", {}, "nobody");
    expect(refused.status).toBe(401);
  });
});

describe("encodeForm", () => {
  it("writes PHP's brackets, empty texts for null and well-formed text for anything", () => {
    expect(encodeForm({ a: { b: [1, null, true, false] }, c: undefined, "д é": "x y~(!)\u{d800}" })).toBe(
      "a%5Bb%5D%5B0%5D=1&a%5Bb%5D%5B1%5D=&a%5Bb%5D%5B2%5D=1&a%5Bb%5D%5B3%5D=0&%D0%B4+%C3%A9=x+y%7E%28%21%29%EF%BF%BD",
    );
  });
});
