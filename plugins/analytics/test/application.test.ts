import { communication } from "@crmessenger/communication";
import { http } from "@crmessenger/http";
import { iam } from "@crmessenger/iam";
import { type ExecutionContext, definePlugin, runInContext } from "@crmessenger/kernel";
import {
  BuildFunnel,
  Dimensions,
  GetReportCatalogue,
  ListProjections,
  ListReports,
  Metrics,
  NamedReports,
  Projections,
  RebuildProjection,
  RenderNamedReport,
  RunNamedReport,
  RunReport,
  TakeSnapshot,
} from "@crmessenger/kernel/analytics";
import { HttpServer } from "@crmessenger/kernel/http";
import { Authenticator, CreateUser, type Grant, SaveRole, type User } from "@crmessenger/kernel/iam";
import type { AttachedField } from "@crmessenger/kernel/extensibility";
import { SqlDatabase, where } from "@crmessenger/kernel/infrastructure";
import { AssignLead, ChangeLeadStatus, CreateContact, CreateLead, type Lead } from "@crmessenger/kernel/sales";
import { eventually } from "@crmessenger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { field, fixedFields, startApplication, upToDate } from "./fixtures.ts";

const PASSWORD = "correct horse battery staple";
const DAY = 86_400_000;
const fields: AttachedField[] = [
  field("car", { kind: "text" }),
  field("margin", { kind: "number" }, { permissions: { read: "margins.see", write: null } }),
];

/** A plugin that counts something of its own. */
const more = definePlugin({
  id: "more",
  version: "1.0.0",
  deps: { dimensions: Dimensions, metrics: Metrics, reports: NamedReports },
  boot({ dimensions, metrics, reports }) {
    dimensions.register({ name: "more.campaign", label: "Advert", kind: "text", columns: { lead: "utmCampaign" } });
    metrics.register({
      name: "more.advertised",
      label: "Advertised leads",
      description: "Leads that came through an advert.",
      fact: "lead",
      unit: "count",
      formula: { kind: "count", where: where("utmCampaign").eq("spring") },
    });
    reports.register({
      name: "more.adverts",
      label: "Adverts",
      description: "Leads by advert.",
      chart: "bar",
      question: {
        kind: "report",
        time: "created",
        metrics: ["more.advertised"],
        dimensions: [{ name: "more.campaign" }],
      },
    });
    return {};
  },
});

let application: Awaited<ReturnType<typeof startApplication>>;
let people: Record<"owner" | "anna" | "boris" | "narrow" | "nobody", User>;

beforeAll(async () => {
  application = await startApplication("server", [
    communication(),
    iam(),
    http({ port: 0 }),
    fixedFields(fields),
    more(),
  ]);
  const { bus } = application.kernel;
  const user = (name: string, ...roleIds: string[]) =>
    bus.dispatch(CreateUser, {
      name,
      email: `${name}@example.org`,
      password: PASSWORD,
      roleIds,
      teamIds: [],
      timeZone: "UTC",
      locale: "en",
    });
  const role = (name: string, ...grants: Grant[]) => bus.dispatch(SaveRole, { name, grants });
  const own = await role("own", { permission: "sales.lead.read", scope: "own" });
  const narrow = await role("narrow", {
    permission: "sales.lead.read",
    scope: "all",
    criteria: where("title").eq("x"),
  });
  const none = await role("none", { permission: "iam.user.read", scope: "all" });
  const all = await role("all", { permission: "*", scope: "all" });
  people = {
    owner: await user("owner", all.id),
    anna: await user("anna", own.id),
    boris: await user("boris", own.id),
    narrow: await user("narrow", narrow.id),
    nobody: await user("nobody", none.id),
  };
  const { contact } = await bus.dispatch(CreateContact, { name: "Ada", identities: [], ownerId: null, attributes: {} });
  const lead = (title: string, owner: User | null, source: Lead["source"], attributes: Lead["attributes"] = {}) =>
    bus.dispatch(CreateLead, {
      title,
      contactId: contact.id,
      source,
      ownerId: owner?.id ?? null,
      teamId: null,
      attributes,
    });
  const first = await lead(
    "first",
    people.anna,
    { channel: "telegram", utm: { campaign: "spring" } },
    { car: "=cmd()", margin: 7 },
  );
  await lead("second", people.anna, { channel: "whatsapp" });
  const third = await lead("third", people.anna, { channel: "whatsapp" }, { car: "Volvo" });
  for (const status of ["in-progress", "qualified", "converted"])
    await bus.dispatch(ChangeLeadStatus, { id: first.id, status });
  await bus.dispatch(AssignLead, { id: third.id, ownerId: people.boris.id });
  await upToDate(application.kernel);
});
afterAll(() => application.stop());

function as<T>({ id, tenantId, roleIds: roles, teamIds: teams }: User, work: () => Promise<T>): Promise<T> {
  const context: Partial<ExecutionContext> = {
    tenantId,
    actor: { kind: "user", id },
    subject: { kind: "user", id, tenantId, roles, teams },
  };
  return runInContext(context, work);
}

const ask = (user: User, query: Partial<Parameters<typeof RunReport.input.parse>[0] & object>) =>
  as(user, () => application.kernel.bus.ask(RunReport, RunReport.input.parse({ metrics: ["leads"], ...query })));

describe("who asks", () => {
  test("sees their own figures, the owner all", async () => {
    const [owner, anna, boris] = [await ask(people.owner, {}), await ask(people.anna, {}), await ask(people.boris, {})];
    expect([owner.totals, anna.totals, boris.totals]).toEqual([[3], [2], [1]]);
  });

  test("can't widen that by criteria, nor see more in snapshots and funnels", async () => {
    const { bus } = application.kernel;
    const notMine = { op: "ne", field: "manager", value: people.anna.id };
    expect((await ask(people.anna, { criteria: notMine })).totals).toEqual([0]);
    const at = new Date(Date.now() + DAY).toISOString();
    const snapshot = TakeSnapshot.input.parse({ fact: "lead", at });
    expect((await as(people.boris, () => bus.ask(TakeSnapshot, snapshot))).rows).toEqual([{ values: [], count: 1 }]);
    const period = { from: "2020-01-01T00:00:00.000Z", to: at };
    const funnel = BuildFunnel.input.parse({ fact: "lead", period, steps: ["new", "converted"] });
    const { items } = await as(people.anna, () => bus.ask(BuildFunnel, funnel));
    expect(items[0]?.steps.map(({ count }) => count)).toEqual([2, 1]);
  });

  test("is refused what they may not read, and where their role asks for what facts do not hold", async () => {
    await expect(ask(people.nobody, {})).rejects.toMatchObject({ code: "CRM_IAM_FORBIDDEN", status: 403 });
    await expect(ask(people.anna, { metrics: ["messages"] })).rejects.toMatchObject({ code: "CRM_IAM_FORBIDDEN" });
    await expect(ask(people.narrow, {})).rejects.toMatchObject({
      code: "CRM_IAM_FORBIDDEN",
      details: { field: "title" },
    });
  });

  test("does not see that there are fields they may not read", async () => {
    const dimensions = [{ name: "lead.attributes.margin" }];
    expect((await ask(people.owner, { dimensions })).rows).toEqual([
      [7, 1],
      [null, 2],
    ]);
    await expect(ask(people.anna, { dimensions })).rejects.toMatchObject({ code: "CRM_REPORT_QUERY" });
    await expect(
      ask(people.anna, { criteria: { op: "eq", field: "attributes.margin", value: 7 } }),
    ).rejects.toMatchObject({ code: "CRM_REPORT_QUERY" });
    const { dimensions: seen } = await as(people.anna, () => application.kernel.bus.ask(GetReportCatalogue, {}));
    expect(seen.map(({ name }) => name)).toContain("lead.attributes.car");
    expect(seen.map(({ name }) => name)).not.toContain("lead.attributes.margin");
  });
});

describe("a question", () => {
  test("is told everything that is wrong with it", async () => {
    const wrong = {
      metrics: ["leads", "gold"],
      dimensions: [{ name: "created" }, { name: "moon" }],
      sort: [{ field: "x", direction: "asc" }],
      timeZone: "Mars",
    };
    await expect(ask(people.owner, wrong)).rejects.toMatchObject({
      code: "CRM_REPORT_QUERY",
      status: 422,
      details: {
        issues: ["metrics.1", "dimensions.0", "dimensions.1", "timeZone", "sort.0"].map((path) =>
          expect.objectContaining({ path }),
        ),
      },
    });
    await expect(ask(people.owner, { metrics: ["leads", "messages"] })).rejects.toMatchObject({
      code: "CRM_REPORT_QUERY",
    });
  });

  test("may use words of plugins, in having and sort too", async () => {
    const answer = await ask(people.owner, {
      metrics: ["more.advertised"],
      dimensions: [{ name: "more.campaign" }],
      having: { op: "gt", field: "more.advertised", value: 0 },
      sort: [{ field: "more.campaign", direction: "desc" }],
    });
    expect(answer.rows).toEqual([["spring", 1]]);
  });

  test("may compare with the time before", async () => {
    const today = Math.floor(Date.now() / DAY) * DAY;
    const period = {
      dimension: "created",
      from: new Date(today).toISOString(),
      to: new Date(today + DAY).toISOString(),
    };
    const answer = await ask(people.owner, {
      period,
      comparison: "previous-year",
      dimensions: [{ name: "created", grain: "day" }],
    });
    expect(answer).toMatchObject({
      columns: [{ role: "dimension" }, { of: "period" }, { of: "previous" }],
      rows: [[period.from, 3, 0]],
      totals: [3, 0],
    });
  });

  test("takes a new field when it has been built, and serves the others meanwhile", async () => {
    fields.push(field("colour", { kind: "choice", options: [{ value: "red", label: "Red" }] }));
    const dimensions = [{ name: "lead.attributes.colour" }];
    await ask(people.owner, {});
    expect((await ask(people.owner, {})).totals).toEqual([3]);
    const answer = await eventually(() => ask(people.owner, { dimensions }));
    expect(answer.rows).toEqual([[null, 3]]);
    await upToDate(application.kernel);
  });
});

describe("named reports", () => {
  test("are all answered, as data and as documents", async () => {
    const { bus } = application.kernel;
    const { items } = await bus.ask(ListReports, {});
    expect(items.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["funnel", "leads-by-source", "delivery", "more.adverts"]),
    );
    for (const { name } of items) {
      const result = await bus.ask(RunNamedReport, { name });
      expect(result.rows.every((row) => row.length === result.columns.length)).toBe(true);
      const { body } = await bus.ask(RenderNamedReport, { name, format: "svg" });
      expect(body).toMatch(/^<svg [\s\S]*<\/svg>$/);
    }
    const { rows } = await bus.ask(RunNamedReport, { name: "funnel" });
    expect(rows.map((row) => row.slice(0, 3))).toEqual([
      ["new", 3, null],
      ["in-progress", 1, 1 / 3],
      ["qualified", 1, 1],
      ["converted", 1, 1],
    ]);
    await expect(bus.ask(RunNamedReport, { name: "none" })).rejects.toMatchObject({ code: "CRM_REGISTRY_UNKNOWN" });
    await expect(bus.ask(RunNamedReport, { name: "funnel", from: "2030-01-01T00:00:00.000Z" })).rejects.toMatchObject({
      code: "CRM_REPORT_QUERY",
    });
  });
});

describe("over HTTP", () => {
  async function request(user: User, path: string, init: RequestInit = {}): Promise<Response> {
    const { kernel } = application;
    const { token } = await kernel.get(Authenticator).signIn({ email: user.email, password: PASSWORD });
    return fetch(`${kernel.get(HttpServer).url}${path}`, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${token}` },
    });
  }

  test("a report comes as Accept says, without formulas in cells", async () => {
    const body = JSON.stringify({ metrics: ["leads"], dimensions: [{ name: "lead.attributes.car" }] });
    const csv = await request(people.owner, "/analytics/report", {
      method: "POST",
      body,
      headers: { accept: "text/csv;q=0.9, application/json;q=0.1" },
    });
    expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(await csv.text()).toBe("lead.attributes.car,leads\r\n'=cmd(),1\r\nVolvo,1\r\n,1\r\n");
    const json = await request(people.anna, "/analytics/report", { method: "POST", body });
    expect(await json.json()).toMatchObject({
      rows: [
        ["=cmd()", 1],
        [null, 1],
      ],
    });
    const svg = await request(people.owner, "/analytics/reports/leads-by-source", {
      headers: { accept: "image/svg+xml" },
    });
    expect(await svg.text()).toMatch(/^<svg /);
  });

  test("bad questions are the caller's", async () => {
    const post = (body: string, headers = {}) =>
      request(people.owner, "/analytics/report", { method: "POST", body, headers });
    expect((await post("no json")).status).toBe(400);
    expect((await post(`{"metrics":[]}`)).status).toBe(422);
    expect((await post(`{"metrics":["leads"]}`, { accept: "image/png" })).status).toBe(406);
    expect((await request(people.owner, "/analytics/reports/none")).status).toBe(422);
    expect((await request(people.nobody, "/analytics/reports/funnel")).status).toBe(403);
    const { url } = application.kernel.get(HttpServer);
    expect((await fetch(`${url}/analytics/reports/funnel`)).status).toBe(401);
  });
});

test("projections tell how far they are, and only those who manage them rebuild them", async () => {
  const { bus } = application.kernel;
  const { items } = await as(people.owner, () => bus.ask(ListProjections, {}));
  expect(items).toEqual(
    ["conversation", "lead", "lead-stay", "message"].map((name) =>
      expect.objectContaining({ name, version: 1, status: "live", lag: 0 }),
    ),
  );
  await expect(as(people.anna, () => bus.dispatch(RebuildProjection, { name: "lead" }))).rejects.toMatchObject({
    code: "CRM_IAM_FORBIDDEN",
  });
  await as(people.owner, () => bus.dispatch(RebuildProjection, { name: "lead" }));
  await upToDate(application.kernel);
  await expect(bus.dispatch(RebuildProjection, { name: "none" })).rejects.toMatchObject({
    code: "CRM_REGISTRY_UNKNOWN",
  });
  expect(application.kernel.get(Projections).all()).toHaveLength(4);
});

test("a projection that lacks events has failed, says why, and is whole again once it is rebuilt", async () => {
  const { kernel } = application;
  const [build] = await kernel
    .get(SqlDatabase)
    .query<{ id: string }>("select id from analytics_builds where fact = 'message' and status = 'live'");
  await kernel.get(SqlDatabase).query(
    `insert into event_dead_letters (subscription, position, event_id, topic, tenant_id, attempts, error_code, error_message)
     values ($1, 1, gen_random_uuid(), 'message.received', 'default', 8, 'CRM_INTERNAL', 'a row was in the way')`,
    [`analytics.${build?.id}`],
  );
  const state = async () => (await kernel.get(Projections).states()).find(({ name }) => name === "message");
  expect(await state()).toMatchObject({ status: "failed", failure: expect.stringMatching(/^1 events could not be/) });
  expect(await kernel.health()).toMatchObject({ status: "degraded", plugins: { analytics: { status: "degraded" } } });
  await as(people.owner, () => kernel.bus.dispatch(RebuildProjection, { name: "message" }));
  await eventually(async () => expect(await state()).toMatchObject({ status: "live" }));
  await eventually(async () => expect(await kernel.health()).toMatchObject({ status: "up" }));
});
