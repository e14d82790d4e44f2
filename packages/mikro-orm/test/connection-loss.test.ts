import { type CrmError, createKernel } from "@crmessenger/kernel";
import { Intake, ChannelAccountRepository, MessageRepository } from "@crmessenger/kernel/communication";
import { Ids, everything, silentLogger, systemClock, uuidV7 } from "@crmessenger/kernel/infrastructure";
import { createGate, eventually } from "@crmessenger/testing";
import pg from "pg";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { createDatabase } from "../src/database/create-database.ts";
import { mikroOrm } from "../src/plugin.ts";
import { startFlakyProxy } from "./flaky-proxy.ts";
import { postgresPlace } from "./places.ts";
import { postgresEngine } from "./postgres-engine.ts";

const SECRET_KEY = Buffer.alloc(32, 1).toString("base64");

async function url(): Promise<string> {
  return ((await postgresPlace()) as { url: string }).url;
}

function handle(databaseUrl: string, poolSize = 4) {
  const engine = postgresEngine({ url: databaseUrl, poolSize });
  return createDatabase({
    engine,
    clock: systemClock,
    ids: uuidV7(),
    logger: silentLogger,
    entityManager: () => Promise.reject(new Error("No entities here.")),
  });
}

async function open(databaseUrl: string, poolSize?: number) {
  const database = handle(databaseUrl, poolSize);
  await database.open();
  onTestFinished(() => database.close());
  return database;
}

describe("A database that can't be used", () => {
  /** The whole error as somebody could log it. */
  const text = (error: CrmError) =>
    JSON.stringify([error, error.message, String(error.cause), error.stack, Object.entries(error)]);

  test("says where it looked for the server, and never the password", async () => {
    const error = await handle("postgresql://me:hunter2@127.0.0.1:1/shop")
      .open()
      .catch((thrown: unknown) => thrown as CrmError);
    expect(error).toMatchObject({
      code: "CRM_DATABASE_UNREACHABLE",
      retryable: true,
      message: expect.stringContaining("127.0.0.1:1/shop"),
      details: { place: "127.0.0.1:1/shop" },
    });
    expect(text(error as CrmError)).not.toContain("hunter2");
  });

  test("says so when the server does not let the user in", async () => {
    const wrong = new URL(inject("postgresUrl"));
    wrong.password = "hunter2";
    const error = await handle(wrong.href)
      .open()
      .catch((thrown: unknown) => thrown as CrmError);
    expect(error).toMatchObject({
      code: "CRM_DATABASE_UNREACHABLE",
      message: expect.stringContaining("password authentication failed"),
    });
    expect(text(error as CrmError)).not.toContain("hunter2");
  });

  test("refuses a server that is too old", async () => {
    const databaseUrl = await url();
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    // An older server, as far as its answers go: our own function is found before the built-in one.
    await client.query(
      `create function public.current_setting(name text) returns text language sql as $$ select case name when 'server_version' then '14.9' else '140009' end $$`,
    );
    await client.query(
      `alter database ${pg.escapeIdentifier(new URL(databaseUrl).pathname.slice(1))} set search_path to public, pg_catalog`,
    );
    await client.end();
    await expect(handle(databaseUrl).open()).rejects.toMatchObject({
      code: "CRM_DATABASE_VERSION",
      message: expect.stringContaining("14.9"),
      details: { version: "14.9" },
    });
  });

  test("makes the kernel's start fail with its reason", async () => {
    const start = createKernel({
      plugins: [mikroOrm()],
      environment: { DATABASE_URL: "postgresql://me:hunter2@127.0.0.1:1/shop", CRMESSENGER_SECRET_KEY: SECRET_KEY },
      logger: silentLogger,
    });
    await expect(start).rejects.toMatchObject({ message: expect.stringContaining("127.0.0.1:1/shop") });
  });
});

describe("A lost connection", () => {
  test("ends the unit of work with a retryable CRM_STORAGE_UNAVAILABLE, and the next one gets a new connection", async () => {
    const database = await open(await url());
    await database.query("create table things (name text)");
    const unit = database.units.run(async () => {
      await database.query("insert into things values ('lost')");
      const { rows } = await database.query<{ pid: number }>("select pg_backend_pid() as pid");
      const other = new pg.Client({ connectionString: inject("postgresUrl") });
      await other.connect();
      await other.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
      await other.end();
      await database.query("select 1");
    });
    await expect(unit).rejects.toMatchObject({ code: "CRM_STORAGE_UNAVAILABLE", retryable: true });
    await database.units.run(() => database.query("insert into things values ('kept')"));
    expect((await database.query("select name from things")).rows).toEqual([{ name: "kept" }]);
  });

  test("during the commit is CRM_UOW_OUTCOME_UNKNOWN: the work is stored, or it is not", async () => {
    const direct = await url();
    const proxy = await startFlakyProxy(direct);
    const [database, witness] = [await open(proxy.url), await open(direct)];
    await database.query("create table things (name text)");
    for (const when of ["before", "after"] as const) {
      const cut = proxy.cutAt("commit\0", when);
      const unit = database.units.run(() => database.query("insert into things values ($1)", [when]));
      await expect(unit).rejects.toMatchObject({ code: "CRM_UOW_OUTCOME_UNKNOWN", retryable: false });
      await cut;
    }
    await eventually(async () =>
      expect((await witness.query("select name from things")).rows).toEqual([{ name: "after" }]),
    );
  });

  test("does not make listeners deaf: they are woken once for what they may have missed, and hear on", async () => {
    const direct = await url();
    const proxy = await startFlakyProxy(direct);
    const [database, witness] = [await open(proxy.url), await open(direct)];
    const heard: string[] = [];
    await database.listen("testing", (payload) => heard.push(payload));
    await witness.query("select pg_notify('testing', 'one')");
    await eventually(() => expect(heard).toEqual(["one"]));
    proxy.cut();
    await eventually(() => expect(heard).toEqual(["one", ""]));
    await witness.query("select pg_notify('testing', 'two')");
    await eventually(() => expect(heard).toEqual(["one", "", "two"]));
  });
});

test("a statement that waits for a lock is interrupted when its unit's time is over, and its connection can be used again", async () => {
  const database = await open(await url(), 3);
  await database.query("create table things (name text)");
  await database.query("insert into things values ('a')");
  const [locked, finish] = [createGate(), createGate()];
  const holder = database.units.run(async () => {
    await database.query("select from things for update");
    locked.open();
    await finish.opened;
  });
  await locked.opened;
  await expect(
    database.units.run(() => database.query("update things set name = 'b'"), { deadlineMs: 100 }),
  ).rejects.toMatchObject({ code: "CRM_UOW_DEADLINE" });
  await Promise.all([1, 2].map(() => database.query("select 1"))); // both other connections of the pool
  finish.open();
  await holder;
  expect((await database.query("select name from things")).rows).toEqual([{ name: "a" }]);
});

describe("The intake, when the line breaks", () => {
  async function start() {
    const proxy = await startFlakyProxy(await url());
    const kernel = await createKernel({
      plugins: [mikroOrm({ databaseUrl: proxy.url })],
      environment: { CRMESSENGER_SECRET_KEY: SECRET_KEY },
      logger: silentLogger,
    });
    onTestFinished(() => kernel.stop());
    const id = kernel.get(Ids).next();
    await kernel.get(ChannelAccountRepository).insert({
      id,
      type: "telegram",
      name: "Shop",
      enabled: true,
      settings: {},
      externalId: null,
      state: { status: "connected", reason: "" },
    });
    const message = (n: number) => ({
      channelAccountId: id,
      channelType: "telegram",
      externalId: `m${n}`,
      conversationExternalId: `chat ${n}`,
      sender: { name: "Anna", identities: [{ kind: "telegram", value: `u${n}`, verified: true }] },
      parts: [{ type: "text" as const, text: "Hello" }],
      sentAt: "2026-01-02T03:04:05.678Z",
    });
    return { proxy, kernel, message };
  }

  test.for(["before", "after"] as const)(
    "%s the database got a group, every member is stored once and told that it is new",
    async (when) => {
      const { proxy, kernel, message } = await start();
      const cut = proxy.cutAt("chat 1", when);
      const receipts = await Promise.all([1, 2, 3].map((n) => kernel.get(Intake).accept(message(n))));
      await cut;
      expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, false, false]);
      const write = proxy.cutAt("intake_write", when); // these conversations are known by now and need no read
      const more = await Promise.all(
        [1, 2, 3].map((n) => kernel.get(Intake).accept({ ...message(n), externalId: `second ${n}` })),
      );
      expect(more.map(({ duplicate }) => duplicate)).toEqual([false, false, false]);
      await write;
      expect(await kernel.get(MessageRepository).count(everything)).toBe(6);
    },
  );
});
