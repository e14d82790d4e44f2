import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestAccount } from "../account.test.support.ts";

const HAL = "application/hal+json";
const PROBLEM = "application/problem+json";

describe("REST v4", () => {
  let account: TestAccount;
  beforeEach(async () => {
    account = await TestAccount.open();
  });
  afterEach(async () => account[Symbol.asyncDispose]());

  const fieldId = async (code: string): Promise<number> => {
    const { body } = await account.rest("GET", "contacts/custom_fields");
    return body._embedded.custom_fields.find((field: { code: string }) => field.code === code).id;
  };
  const createLead = async (lead: unknown = {}): Promise<number> =>
    (await account.rest("POST", "leads", [lead])).body._embedded.leads[0].id;
  const createContact = async (contact: unknown = { name: "Анна" }): Promise<number> =>
    (await account.rest("POST", "contacts", [contact])).body._embedded.contacts[0].id;

  it("shows the account, with its chats id only when asked", async () => {
    const plain = await account.rest("GET", "account");
    expect(plain).toMatchObject({ status: 200, type: HAL });
    expect(plain.body).not.toHaveProperty("amojo_id");
    const full = await account.rest("GET", "account?with=amojo_id,version,users_groups,task_types,drive_url");
    expect(full.body).toMatchObject({ amojo_id: account.amo.account.amojoId, version: 16, subdomain: "sandbox" });
    expect(full.body._embedded.task_types).toHaveLength(2);
  });

  it("shows users with their chats ids", async () => {
    const manager = account.amo.manager({ name: "Вера" });
    const { body } = await account.rest("GET", "users?with=amojo_id");
    expect(body._embedded.users.at(-1)).toMatchObject({ id: manager.id, name: "Вера", amojo_id: manager.amojoId });
    expect((await account.rest("GET", `users/${manager.id}`)).body.name).toBe("Вера");
    expect((await account.rest("GET", "users/1")).status).toBe(404);
  });

  it("answers an empty list and an unknown entity with 204 and nothing", async () => {
    for (const path of [
      "leads",
      "contacts",
      "companies",
      "sources",
      "tasks",
      "webhooks",
      "leads/unsorted",
      "events",
      "leads/1",
      "contacts/1",
    ]) {
      expect({ path, ...(await account.rest("GET", path)) }).toEqual({
        path,
        status: 204,
        type: null,
        body: undefined,
      });
    }
  });

  it("creates leads in a batch and echoes request_id or the index", async () => {
    const created = await account.rest("POST", "leads", [
      { name: "Первая", price: 100, request_id: "mine", tags_to_add: [{ name: "vip" }] },
      {},
    ]);
    expect(created).toMatchObject({ status: 200, type: HAL });
    const [first, second] = created.body._embedded.leads;
    expect(first).toEqual({
      id: expect.any(Number),
      request_id: "mine",
      _links: { self: { href: `${account.amo.url}/api/v4/leads/${first.id}` } },
    });
    expect(second.request_id).toBe("1");
    const { body } = await account.rest("GET", `leads/${first.id}`);
    const [pipeline] = account.amo.pipelines();
    expect(body).toMatchObject({
      name: "Первая",
      price: 100,
      pipeline_id: pipeline?.id,
      status_id: pipeline?.statuses[1]?.id,
      custom_fields_values: null,
      closed_at: null,
      account_id: account.amo.account.id,
    });
    expect(body._embedded.tags[0].name).toBe("vip");
    expect(body._embedded).not.toHaveProperty("contacts");
    expect((await account.rest("GET", `leads/${second.id}`)).body.name).toBe(`Сделка #${second.id}`);
  });

  it("refuses a batch with an invalid element, and creates nothing of it", async () => {
    const refused = await account.rest("POST", "leads", [
      { name: "good" },
      {
        name: "bad",
        status_id: 1,
        price: "x",
        custom_fields_values: [{ field_id: 1, values: [{ value: "v" }] }],
        request_id: "b",
      },
    ]);
    expect(refused).toMatchObject({ status: 400, type: PROBLEM });
    expect(refused.body).toMatchObject({
      title: "Bad Request",
      type: "https://httpstatus.es/400",
      status: 400,
      detail: "Request validation failed",
    });
    const [{ request_id, errors }] = refused.body["validation-errors"];
    expect(request_id).toBe("b");
    expect(errors).toContainEqual({
      code: "NotSupportedChoice",
      path: "custom_fields_values.0.field_id",
      detail: "The value you selected is not a valid choice.",
    });
    expect(errors.map((error: { path: string }) => error.path)).toEqual(
      expect.arrayContaining(["status_id", "price", "custom_fields_values.0.field_id"]),
    );
    expect(account.amo.leads()).toEqual([]);
  });

  it("limits batches, pages and bodies", async () => {
    const many = (length: number): unknown[] => Array.from({ length }, () => ({ name: "x" }));
    expect((await account.rest("POST", "contacts", many(251))).status).toBe(400);
    expect((await account.rest("POST", "leads/complex", many(51))).status).toBe(400);
    expect((await account.rest("POST", "leads", [])).status).toBe(400);
    expect((await account.rest("POST", "leads", { name: "no batch" })).status).toBe(400);
    expect((await account.rest("GET", "leads?limit=251")).status).toBe(400);
    expect((await account.rest("GET", "leads?page=0")).status).toBe(400);
    expect((await account.rest("GET", "events?limit=101")).status).toBe(400);
    expect((await account.rest("DELETE", "leads")).status).toBe(405);
    expect((await account.rest("GET", "nothing")).status).toBe(404);
    expect((await account.rest("GET", "leads/%zz/notes")).status).toBe(404);
  });

  it("pages lists, and the last page has no next", async () => {
    await account.rest(
      "POST",
      "contacts",
      Array.from({ length: 5 }, (_, index) => ({ name: `c${index}` })),
    );
    const first = (await account.rest("GET", "contacts?limit=2")).body;
    expect(first).toMatchObject({ _page: 1, _links: { next: { href: expect.stringContaining("page=2") } } });
    const names: string[] = [];
    for (let next: string | undefined = "contacts?limit=2"; next !== undefined;) {
      const { body } = await account.rest("GET", next);
      names.push(...body._embedded.contacts.map((contact: { name: string }) => contact.name));
      next = body._links.next?.href.replace(`${account.amo.url}/api/v4/`, "");
    }
    expect(names).toEqual(["c0", "c1", "c2", "c3", "c4"]);
    expect((await account.rest("GET", "contacts?limit=2&page=4")).status).toBe(204);
  });

  it("keeps custom field values as amoCRM does", async () => {
    const fields = await account.rest("POST", "leads/custom_fields", [
      { name: "Сумма", type: "numeric" },
      { name: "Цвет", type: "select", enums: [{ value: "красный" }, { value: "синий" }] },
      { name: "Дата", type: "date" },
      { name: "Внешний id", type: "text", code: "EXT_ID", request_id: "f" },
    ]);
    const [amount, colour, date, external] = fields.body._embedded.custom_fields;
    expect(external).toMatchObject({ code: "EXT_ID", request_id: "f" });
    const id = await createLead({
      custom_fields_values: [
        { field_id: amount.id, values: [{ value: 14012 }] },
        { field_id: colour.id, values: [{ enum_id: colour.enums[1].id }] },
        { field_id: date.id, values: [{ value: 1_600_000_000 }] },
        { field_code: "EXT_ID", values: [{ value: "abc" }] },
      ],
    });
    const { body } = await account.rest("GET", `leads/${id}`);
    expect(body.custom_fields_values).toEqual([
      {
        field_id: amount.id,
        field_name: "Сумма",
        field_code: null,
        field_type: "numeric",
        values: [{ value: "14012" }],
      },
      {
        field_id: colour.id,
        field_name: "Цвет",
        field_code: null,
        field_type: "select",
        values: [{ value: "синий", enum_id: colour.enums[1].id, enum_code: null }],
      },
      {
        field_id: date.id,
        field_name: "Дата",
        field_code: null,
        field_type: "date",
        values: [{ value: 1_600_000_000 }],
      },
      {
        field_id: external.id,
        field_name: "Внешний id",
        field_code: "EXT_ID",
        field_type: "text",
        values: [{ value: "abc" }],
      },
    ]);
    await account.rest("PATCH", `leads/${id}`, { custom_fields_values: [{ field_id: amount.id, values: null }] });
    expect((await account.rest("GET", `leads/${id}`)).body.custom_fields_values).toHaveLength(3);
    const found = await account.rest("GET", `leads?filter[custom_fields_values][${external.id}][]=abc`);
    expect(found.body._embedded.leads.map((lead: { id: number }) => lead.id)).toEqual([id]);
    expect((await account.rest("GET", `leads?filter[custom_fields_values][${external.id}][]=ab`)).status).toBe(204);
    expect((await account.rest("GET", `leads/custom_fields/${external.id}`)).body.type).toBe("text");
    expect(
      (await account.rest("POST", "leads/custom_fields", [{ name: "x", type: "text", code: "EXT_ID" }])).status,
    ).toBe(400);
    expect((await account.rest("POST", "leads/custom_fields", [{ name: "x", type: "nonsense" }])).status).toBe(400);
  });

  it("finds contacts by phone however it is written, and by any filled field", async () => {
    const phone = await fieldId("PHONE");
    const id = await createContact({
      first_name: "Пётр",
      last_name: "Смирнов",
      custom_fields_values: [{ field_id: phone, values: [{ value: "+7 (912) 345-67-89", enum_code: "MOB" }] }],
    });
    for (const query of ["79123456789", "+79123456789", "смирнов", "345-67"]) {
      const { body } = await account.rest("GET", `contacts?query=${encodeURIComponent(query)}`);
      expect({ query, id: body?._embedded.contacts[0].id }).toEqual({ query, id });
    }
    expect((await account.rest("GET", "contacts?query=79999999999")).status).toBe(204);
    const { body } = await account.rest("GET", `contacts/${id}?with=leads`);
    expect(body.name).toBe("Пётр Смирнов");
    expect(body.custom_fields_values[0]).toMatchObject({
      field_code: "PHONE",
      field_type: "multitext",
      values: [{ value: "+7 (912) 345-67-89", enum_code: "MOB", enum_id: expect.any(Number) }],
    });
    expect(body._embedded.leads).toEqual([]);
  });

  it("hides from search, for a while, what changed just now", async () => {
    account.amo.faults.set({ searchLagMs: 60_000 });
    await createContact({ name: "Свежая" });
    expect((await account.rest("GET", "contacts?query=Свежая")).status).toBe(204);
    expect((await account.rest("GET", "contacts")).status).toBe(200);
    account.amo.faults.set({});
    expect((await account.rest("GET", "contacts?query=Свежая")).status).toBe(200);
  });

  it("filters and orders leads", async () => {
    const [pipeline] = account.amo.pipelines();
    const third = pipeline?.statuses[2]?.id;
    const ids = [
      await createLead({ name: "a", price: 5 }),
      await createLead({ name: "b", price: 9, status_id: third }),
    ];
    const list = async (query: string): Promise<number[]> =>
      ((await account.rest("GET", `leads?${query}`)).body?._embedded.leads ?? []).map(
        (lead: { id: number }) => lead.id,
      );
    expect(await list("order[id]=desc")).toEqual([ids[1], ids[0]]);
    expect(await list(`filter[id][]=${ids[0]}`)).toEqual([ids[0]]);
    expect(await list(`filter[name]=b`)).toEqual([ids[1]]);
    expect(await list("filter[price][from]=6&filter[price][to]=10")).toEqual([ids[1]]);
    expect(
      await list(`filter[statuses][0][pipeline_id]=${pipeline?.id}&filter[statuses][0][status_id]=${third}`),
    ).toEqual([ids[1]]);
    expect(await list("filter[updated_at][from]=9999999999")).toEqual([]);
  });

  it("creates a lead with its contact and company at once", async () => {
    const phone = await fieldId("PHONE");
    const { status, body } = await account.rest("POST", "leads/complex", [
      {
        name: "Сделка",
        request_id: "q",
        _embedded: {
          contacts: [{ first_name: "Катя", custom_fields_values: [{ field_id: phone, values: [{ value: "+7912" }] }] }],
          companies: [{ name: "ООО" }],
        },
      },
    ]);
    expect(status).toBe(200);
    expect(body).toEqual([
      {
        id: expect.any(Number),
        contact_id: expect.any(Number),
        company_id: expect.any(Number),
        request_id: ["q"],
        merged: false,
      },
    ]);
    const lead = (await account.rest("GET", `leads/${body[0].id}?with=contacts`)).body;
    expect(lead._embedded.contacts).toMatchObject([{ id: body[0].contact_id, is_main: true }]);
    expect(lead._embedded.companies).toMatchObject([{ id: body[0].company_id }]);
    expect(account.amo.contacts()[0]).toMatchObject({ name: "Катя", phones: ["+7912"], leadIds: [body[0].id] });
    const refused = await account.rest("POST", "leads/complex", [
      { _embedded: { contacts: [{ custom_fields_values: [{ field_id: 1, values: [] }] }] } },
    ]);
    expect(refused.body["validation-errors"][0].errors[0].path).toBe(
      "_embedded.contacts.0.custom_fields_values.0.field_id",
    );
    expect(account.amo.leads()).toHaveLength(1);
  });

  it("changes leads one by one and in a batch", async () => {
    const id = await createLead();
    const patched = await account.rest("PATCH", `leads/${id}`, { status_id: 142, price: 7 });
    expect(patched.body).toMatchObject({ id, updated_at: expect.any(Number) });
    expect((await account.rest("GET", `leads/${id}`)).body).toMatchObject({
      status_id: 142,
      price: 7,
      closed_at: expect.any(Number),
    });
    const batch = await account.rest("PATCH", "leads", [{ id, name: "Новое имя" }]);
    expect(batch.body._embedded.leads[0].id).toBe(id);
    expect(account.amo.leads()[0]?.name).toBe("Новое имя");
    expect((await account.rest("PATCH", "leads/1", {})).status).toBe(404);
    expect((await account.rest("PATCH", "leads", [{ id: 1 }])).status).toBe(400);
    expect((await account.rest("PATCH", "leads", [{ name: "x" }])).body["validation-errors"][0].errors[0].code).toBe(
      "FieldMissing",
    );
  });

  it("changes contacts and companies", async () => {
    const id = await createContact({ first_name: "Иван", last_name: "Иванов" });
    const patched = await account.rest("PATCH", `contacts/${id}`, { last_name: "Петров" });
    expect(patched.body).toMatchObject({ id, name: "Иван Петров" });
    expect((await account.rest("PATCH", "contacts", [{ id, name: "И. П." }])).body._embedded.contacts[0].name).toBe(
      "И. П.",
    );
    const company = (await account.rest("POST", "companies", [{ name: "ООО" }])).body._embedded.companies[0].id;
    expect((await account.rest("PATCH", `companies/${company}`, { name: "АО" })).body.name).toBe("АО");
    expect((await account.rest("PATCH", "contacts/1", {})).status).toBe(404);
  });

  it("links and unlinks", async () => {
    const [lead, contact] = [await createLead(), await createContact()];
    const linked = await account.rest("POST", `leads/${lead}/link`, [
      { to_entity_id: contact, to_entity_type: "contacts", metadata: { is_main: true } },
    ]);
    expect(linked.body._embedded.links).toEqual([
      {
        entity_id: lead,
        entity_type: "leads",
        to_entity_id: contact,
        to_entity_type: "contacts",
        metadata: { main_contact: true },
      },
    ]);
    expect((await account.rest("GET", `contacts/${contact}/links`)).body._embedded.links).toEqual([
      { to_entity_id: lead, to_entity_type: "leads", metadata: null },
    ]);
    const unlinked = await account.rest("POST", "leads/unlink", [
      { entity_id: lead, to_entity_id: contact, to_entity_type: "contacts" },
    ]);
    expect(unlinked.status).toBe(204);
    expect((await account.rest("GET", `leads/${lead}/links`)).status).toBe(204);
    const refused = await account.rest("POST", `leads/${lead}/link`, [{ to_entity_id: 1, to_entity_type: "contacts" }]);
    expect(refused.status).toBe(400);
  });

  it("keeps notes", async () => {
    const lead = await createLead();
    const made = await account.rest("POST", "leads/notes", [
      { entity_id: lead, note_type: "common", params: { text: "Заметка" }, request_id: "n" },
    ]);
    const note = made.body._embedded.notes[0];
    expect(note).toMatchObject({ entity_id: lead, request_id: "n" });
    expect((await account.rest("GET", `leads/${lead}/notes`)).body._embedded.notes[0].params).toEqual({
      text: "Заметка",
    });
    await account.rest("PATCH", `leads/${lead}/notes/${note.id}`, { params: { text: "Другая" } });
    expect((await account.rest("GET", `leads/notes/${note.id}`)).body.params.text).toBe("Другая");
    expect((await account.rest("GET", "leads/notes?filter[note_type][]=call_in")).status).toBe(204);
    expect((await account.rest("POST", `leads/${lead}/notes`, [{ note_type: "x", params: {} }])).status).toBe(400);
    expect((await account.rest("PATCH", "leads/notes/1", {})).status).toBe(404);
  });

  it("keeps tasks", async () => {
    const lead = await createLead();
    const made = await account.rest("POST", "tasks", [
      { text: "Позвонить", complete_till: 1_900_000_000, entity_id: lead, entity_type: "leads" },
    ]);
    const { id } = made.body._embedded.tasks[0];
    await account.rest("PATCH", `tasks/${id}`, { is_completed: true, result: { text: "Готово" } });
    expect((await account.rest("GET", `tasks/${id}`)).body).toMatchObject({
      is_completed: true,
      result: { text: "Готово" },
    });
    expect((await account.rest("GET", "tasks?filter[is_completed]=0")).status).toBe(204);
    expect((await account.rest("POST", "tasks", [{ text: "x" }])).status).toBe(400);
    expect((await account.rest("PATCH", "tasks/1", {})).status).toBe(404);
  });

  it("keeps an integration's sources, one of them the default", async () => {
    const made = await account.rest("POST", "sources", [
      { name: "Telegram", external_id: "telegram-1", default: true },
      { name: "WhatsApp", external_id: "whatsapp-1", default: true, request_id: "w" },
    ]);
    expect(made.body._embedded.sources[1]).toMatchObject({ external_id: "whatsapp-1", request_id: "w" });
    const { body } = await account.rest("GET", "sources");
    expect(body._embedded.sources.map((source: { default: boolean }) => source.default)).toEqual([false, true]);
    const filtered = await account.rest("GET", "sources?filter[external_id][]=telegram-1");
    expect(filtered.body._embedded.sources).toHaveLength(1);
    const duplicate = await account.rest("POST", "sources", [{ name: "x", external_id: "telegram-1" }]);
    expect(duplicate.body["validation-errors"][0].errors[0].code).toBe("NotUnique");
    expect((await account.rest("POST", "sources", [{ name: "x", external_id: "кириллица" }])).status).toBe(400);
    const lead = await createLead({ _embedded: { source: { external_id: "telegram-1", type: "widget" } } });
    expect(account.amo.leads()[0]?.sourceExternalId).toBe("telegram-1");
    const shown = await account.rest("GET", `leads/${lead}?with=source,source_id`);
    expect(shown.body._embedded.source.name).toBe("Telegram");

    const other = account.amo.longLivedToken(account.amo.registerIntegration({ redirectUri: "http://x/" }).clientId);
    expect((await account.rest("GET", "sources", undefined, other)).status).toBe(204);
    const { id } = filtered.body._embedded.sources[0];
    expect((await account.rest("PATCH", `sources/${id}`, { name: "TG" })).body.name).toBe("TG");
    expect((await account.rest("DELETE", `sources/${id}`)).status).toBe(204);
    expect((await account.rest("DELETE", `sources/${id}`)).status).toBe(404);
  });

  it("keeps pipelines: unsorted first, won and lost last", async () => {
    const made = await account.rest("POST", "leads/pipelines", [
      {
        name: "Вторая",
        is_main: true,
        sort: 20,
        request_id: "p",
        _embedded: {
          statuses: [
            { id: 142, name: "Продано" },
            { name: "Новый", sort: 10 },
          ],
        },
      },
    ]);
    const pipeline = made.body._embedded.pipelines[0];
    expect(
      pipeline._embedded.statuses.map((status: { id: number; name: string; type: number }) => [
        status.name,
        status.type,
      ]),
    ).toEqual([
      ["Неразобранное", 1],
      ["Новый", 0],
      ["Продано", 0],
      ["Закрыто и не реализовано", 0],
    ]);
    expect((await account.rest("GET", "leads/pipelines")).body._embedded.pipelines).toHaveLength(2);
    expect((await account.rest("GET", `leads/pipelines/${pipeline.id}/statuses`)).body._embedded.statuses).toHaveLength(
      4,
    );
    const lead = await createLead({ pipeline_id: pipeline.id });
    expect((await account.rest("GET", `leads/${lead}`)).body.status_id).toBe(pipeline._embedded.statuses[1].id);
    expect((await account.rest("GET", "leads/pipelines/1")).status).toBe(404);
  });

  it("feeds events, newest first", async () => {
    const lead = await createLead();
    await account.rest("PATCH", `leads/${lead}`, { status_id: 143 });
    const { body } = await account.rest("GET", "events?filter[entity]=lead");
    expect(body._embedded.events.map((event: { type: string }) => event.type)).toEqual([
      "lead_status_changed",
      "lead_added",
    ]);
    expect((await account.rest("GET", "events?filter[type]=lead_added")).body._embedded.events).toHaveLength(1);
    const { id } = body._embedded.events[0];
    expect((await account.rest("GET", `events/${id}`)).body.value_after[0].lead_status.id).toBe(143);
  });
});

describe("limits of REST v4", () => {
  it("answers 429 to the eighth request of a second, and to none after it", async () => {
    let now = 0;
    await using account = await TestAccount.open({
      clock: { now: () => now + Date.UTC(2026, 0, 1) },
      limits: { requestsPerSecond: 7 },
    });
    const statuses: number[] = [];
    for (let index = 0; index < 8; index += 1) statuses.push((await account.rest("GET", "account")).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 429]);
    now += 1000;
    expect((await account.rest("GET", "account")).status).toBe(200);
  });

  it("blocks the account that goes on, until it is unblocked", async () => {
    const now = Date.UTC(2026, 0, 1);
    await using account = await TestAccount.open({
      clock: { now: () => now },
      limits: { requestsPerSecond: 7, refusalsToBlock: 5 },
    });
    const statuses: number[] = [];
    for (let index = 0; index < 14; index += 1) statuses.push((await account.rest("GET", "account")).status);
    expect(statuses.slice(7)).toEqual([429, 429, 429, 429, 429, 403, 403]);
    expect(account.amo.account.blocked).toBe(true);
    expect(await account.oauth({})).toMatchObject({ status: 403, type: PROBLEM });
    account.amo.account.unblock();
    expect((await account.rest("GET", "account")).status).toBe(200);
  });

  it("does not count the chats API, unless told to", async () => {
    await using account = await TestAccount.open({ limits: { requestsPerSecond: 1 } });
    for (let index = 0; index < 20; index += 1) expect((await account.connect()).status).toBe(200);
    await using strict = await TestAccount.open({
      limits: { chatsRequestsPerSecond: 1 },
      clock: { now: () => 1_800_000_000_000 },
    });
    const date = new Date(1_800_000_000_000).toUTCString();
    const body = { account_id: strict.amo.account.amojoId };
    expect((await strict.chats("POST", "/connect", body, { date })).status).toBe(200);
    expect((await strict.chats("POST", "/connect", body, { date })).status).toBe(429);
  });

  it("answers 402 while the account is not paid for", async () => {
    await using account = await TestAccount.open();
    account.amo.account.setPaid(false);
    expect(await account.rest("GET", "leads")).toMatchObject({ status: 402, type: PROBLEM });
    account.amo.account.setPaid(true);
    expect((await account.rest("GET", "leads")).status).toBe(204);
  });
});
