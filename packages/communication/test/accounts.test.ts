import {
  AwaitLoginStep,
  BeginLogin,
  CancelLogin,
  ChannelAccountRepository,
  CreateChannelAccount,
  GetChannelAccount,
  ListConversations,
  Logout,
  SubmitLogin,
  UpdateChannelAccount,
} from "@crmessenger/kernel/communication";
import { Leases } from "@crmessenger/kernel/infrastructure";
import { createGate, createTestClock, eventually } from "@crmessenger/testing";
import { describe, expect, it } from "vitest";
import { memoryWithLosableLeases } from "./losable-leases.ts";
import { ScriptedChannel, inbound } from "./scripted-channel.ts";
import { type World, found, startWorld } from "./start-world.ts";

/** As long as a patrol takes to come round. */
const PATROL_MS = 5_000;
const UNKNOWN = "0190a1b2-0000-7000-8000-000000000009";

function leaseOf(accountId: string): string {
  return `channel-account/${accountId}`;
}

function update(world: World, id: string, changes: { name?: string; settings?: { url: string }; enabled?: boolean }) {
  return world.kernel.bus.dispatch(UpdateChannelAccount, { id, ...changes });
}

/** Resolves when the account's lease is free, and leaves it so. */
async function leaseIsFree(world: World, accountId: string): Promise<void> {
  const lease = await found(() => world.kernel.get(Leases).tryAcquire(leaseOf(accountId)));
  await lease.release();
}

describe("an account", () => {
  it("connects as soon as it exists, and disconnects when it is disabled", async () => {
    const world = await startWorld({ clock: createTestClock() });
    const { account } = await world.connectAccount();
    await world.isIn(account.id, "connected");
    await update(world, account.id, { enabled: false });
    await world.isIn(account.id, "stopped");
    expect(world.channel.connected).toBe(0);
    await leaseIsFree(world, account.id);
    await update(world, account.id, { enabled: true });
    await world.isIn(account.id, "connected");
  });

  it("is opened anew when its settings change, at once and once, and not when its name does", async () => {
    const clock = createTestClock();
    const world = await startWorld({ clock });
    const { account } = await world.connectAccount();
    await update(world, account.id, { name: "Another name" });
    await update(world, account.id, { settings: { url: "https://example.com" } });
    await found(() => world.channel.latest(account.id)?.host.account.settings["url"] === "https://example.com");
    await eventually(() => expect(world.channel.latest(account.id)?.isLive).toBe(true));
    await clock.settle();
    expect([world.channel.opened.length, world.channel.connected]).toEqual([2, 1]);
    expect((await world.stateOf(account.id)).status).toBe("connected");
  });

  it("is refused for a type that nobody brings, or with wrong settings", async () => {
    const world = await startWorld();
    const input = { type: "pager", name: "x", settings: {}, enabled: true };
    await expect(world.kernel.bus.dispatch(CreateChannelAccount, input)).rejects.toMatchObject({
      code: "CRM_CHANNEL_UNKNOWN_TYPE",
      status: 422,
    });
    await expect(update(world, UNKNOWN, { name: "y" })).rejects.toMatchObject({ code: "CRM_CHANNEL_NOT_FOUND" });
  });

  it("is degraded when it can't connect, and tried again", async () => {
    const clock = createTestClock();
    const world = await startWorld({ clock });
    world.channel.connecting = () => Promise.reject(new Error("The wire is cut."));
    const account = await world.createAccount();
    expect((await world.isIn(account.id, "degraded")).reason).toContain("The wire is cut.");
    world.channel.connecting = async () => {};
    await clock.advance(PATROL_MS);
    await world.isIn(account.id, "connected");
  });

  it("is degraded when its provider can't open it, and tried again", async () => {
    const clock = createTestClock();
    const world = await startWorld({ clock });
    world.channel.opening = () => {
      throw new Error("The settings make no sense any more.");
    };
    const account = await world.createAccount();
    expect((await world.isIn(account.id, "degraded")).reason).toContain("make no sense");
    world.channel.opening = () => {};
    await clock.advance(PATROL_MS);
    await world.isIn(account.id, "connected");
  });

  it("holds up nobody while its provider does not answer", async () => {
    const world = await startWorld({ channel: new ScriptedChannel(["code"]), clock: createTestClock() });
    world.channel.connecting = (host, disconnected) =>
      host.account.name === "Slow" ? disconnected : Promise.resolve();
    const slow = await world.createAccount({ name: "Slow" });
    await found(() => world.channel.latest(slow.id));
    await world.connectAccount();
    expect(await world.kernel.bus.dispatch(BeginLogin, { id: slow.id })).toMatchObject({ kind: "ask" });
    await world.kernel.stop();
    expect(world.channel.connected).toBe(0);
  });

  it("does not stay connected when connecting ended after it was disabled", async () => {
    const world = await startWorld();
    const gate = createGate();
    world.channel.connecting = async (_, disconnected) => {
      await disconnected;
      await gate.opened;
    };
    const account = await world.createAccount();
    await found(() => world.channel.latest(account.id));
    await update(world, account.id, { enabled: false });
    gate.open();
    await leaseIsFree(world, account.id);
    expect(world.channel.connected).toBe(0);
  });

  it("that was recorded as connected by a process that died is stopped when it is disabled", async () => {
    const clock = createTestClock();
    const world = await startWorld({ clock });
    const id = "0190a1b2-0000-7000-8000-000000000001";
    const state = { status: "connected", reason: "" } as const;
    const record = { id, type: "scripted", name: "Old", enabled: false, settings: {}, externalId: null, state };
    await world.kernel.get(ChannelAccountRepository).insert(record);
    await clock.advance(PATROL_MS);
    await world.isIn(id, "stopped");
    await leaseIsFree(world, id);
  });

  it("is let go when it is deleted", async () => {
    const clock = createTestClock();
    const world = await startWorld({ clock });
    const { account } = await world.connectAccount();
    await world.isIn(account.id, "connected");
    const accounts = world.kernel.get(ChannelAccountRepository);
    const [current] = await accounts.getMany([account.id]);
    if (current) await accounts.remove(current);
    await clock.advance(PATROL_MS);
    await leaseIsFree(world, account.id);
    expect(world.channel.connected).toBe(0);
  });

  it("shows the state of its channel again when the record says otherwise", async () => {
    const clock = createTestClock();
    const world = await startWorld({ clock });
    const { account } = await world.connectAccount();
    await world.isIn(account.id, "connected");
    const accounts = world.kernel.get(ChannelAccountRepository);
    const [current] = await accounts.getMany([account.id]);
    if (current) await accounts.update({ ...current, state: { status: "connecting", reason: "" } });
    await clock.advance(PATROL_MS);
    await world.isIn(account.id, "connected");
    expect(world.channel.opened).toHaveLength(1);
  });

  it("of any tenant is run, in that tenant", async () => {
    const clock = createTestClock();
    const world = await startWorld({ clock });
    const first = await world.connectAccount({ tenantId: "two" });
    await first.host.receive(inbound(first.account.id, "m-1", "Hello"));
    const conversations = (tenantId: string) =>
      world.kernel.run(async () => (await world.kernel.bus.ask(ListConversations, {})).items.length, { tenantId });
    expect([await conversations("two"), await conversations("default")]).toEqual([1, 0]);
    // What only a patrol can find is found, too.
    const id = "0190a1b2-0000-7000-8000-000000000002";
    const state = { status: "stopped", reason: "" } as const;
    const record = { id, type: "scripted", name: "Patrolled", enabled: true, settings: {}, externalId: null, state };
    await world.kernel.run(() => world.kernel.get(ChannelAccountRepository).insert(record), { tenantId: "two" });
    await clock.advance(PATROL_MS);
    expect((await found(() => world.channel.latest(id))).host.account.tenantId).toBe("two");
  });

  it("ends with the application, which says so", async () => {
    const world = await startWorld();
    const { account, host } = await world.connectAccount();
    await world.isIn(account.id, "connected");
    await world.kernel.stop();
    expect(world.channel.connected).toBe(0);
    expect((await world.stateOf(account.id)).status).toBe("stopped");
    await expect(host.receive(inbound(account.id, "late", "x"))).rejects.toMatchObject({
      code: "CRM_CHANNEL_LEASE_LOST",
    });
    const login = world.kernel.bus.dispatch(Logout, { id: account.id });
    await expect(login).rejects.toMatchObject({ code: "CRM_CHANNEL_STOPPED", status: 503, retryable: true });
  });
});

describe("a lease", () => {
  it("that another process holds is respected, and taken over when it comes free", async () => {
    const clock = createTestClock();
    const world = await startWorld({ channel: new ScriptedChannel(["code"]), clock });
    const account = await world.createAccount({ enabled: false });
    const lease = await world.kernel.get(Leases).tryAcquire(leaseOf(account.id));
    await update(world, account.id, { enabled: true });
    await clock.advance(PATROL_MS);
    expect(world.channel.opened).toEqual([]);
    const login = world.kernel.bus.dispatch(BeginLogin, { id: account.id });
    await expect(login).rejects.toMatchObject({ code: "CRM_CHANNEL_ELSEWHERE", status: 409, retryable: true });
    await lease?.release();
    await clock.advance(PATROL_MS);
    await world.isIn(account.id, "connected");
  });

  it("that was lost ends the channel, and is taken again at once when it is free", async () => {
    const { storage, leases } = memoryWithLosableLeases();
    const clock = createTestClock();
    const world = await startWorld({ storage, clock });
    const { account, host } = await world.connectAccount();
    await world.isIn(account.id, "connected");
    await leases().lose(leaseOf(account.id));
    const again = await found(() => world.channel.opened[1]);
    await eventually(() => expect(again.isLive).toBe(true));
    expect(world.channel.connected).toBe(1);
    expect(again.host.fencingToken).toBeGreaterThan(host.fencingToken);
    await expect(host.receive(inbound(account.id, "m-1", "x"))).rejects.toMatchObject({
      code: "CRM_CHANNEL_LEASE_LOST",
      retryable: true,
    });
    world.channel.opened[0]?.become("blocked", "What the old channel says counts no more.");
    await clock.settle();
    expect((await world.stateOf(account.id)).status).toBe("connected");
  });

  it("that was lost to another process is waited for", async () => {
    const clock = createTestClock();
    const { storage, leases } = memoryWithLosableLeases();
    const world = await startWorld({ storage, clock });
    const { account } = await world.connectAccount();
    const other: (Awaited<ReturnType<Leases["tryAcquire"]>> | undefined)[] = [];
    await leases().lose(leaseOf(account.id), async () => other.push(await leases().tryAcquire(leaseOf(account.id))));
    await eventually(() => expect(world.channel.connected).toBe(0));
    await clock.advance(PATROL_MS);
    expect(world.channel.opened).toHaveLength(1);
    await other[0]?.release();
    await clock.advance(PATROL_MS);
    await eventually(() => expect(world.channel.connected).toBe(1));
  });

  it("that was lost ends a login", async () => {
    const { storage, leases } = memoryWithLosableLeases();
    const world = await startWorld({ storage, channel: new ScriptedChannel(["code"]) });
    const account = await world.createAccount();
    await world.kernel.bus.dispatch(BeginLogin, { id: account.id });
    const next = world.kernel.bus.ask(AwaitLoginStep, { id: account.id, after: 1 });
    await leases().lose(leaseOf(account.id));
    expect(await next).toMatchObject({ kind: "failed", code: "CRM_LOGIN_CANCELLED" });
    await world.isIn(account.id, "connected");
  });
});

describe("a login", () => {
  const startAccount = async (options: { readonly enabled?: boolean } = {}) => {
    const clock = createTestClock();
    const world = await startWorld({ channel: new ScriptedChannel(["code"]), clock });
    const account = await world.createAccount(options);
    const { bus } = world.kernel;
    const begin = () => bus.dispatch(BeginLogin, { id: account.id });
    const submit = (code: string) => bus.dispatch(SubmitLogin, { id: account.id, values: { code } });
    const step = (after: number) => bus.ask(AwaitLoginStep, { id: account.id, after });
    return { world, clock, account, bus, begin, submit, step };
  };

  it("goes step by step; the account connects, and logs out", async () => {
    const { world, account, bus, begin, submit, step } = await startAccount();
    expect(await begin()).toMatchObject({ kind: "ask", sequence: 1 });
    expect(world.channel.connected).toBe(0);
    await submit("0000");
    expect(await step(1)).toMatchObject({ kind: "ask", problem: "Wrong code." });
    await submit("1234");
    expect(await step(2)).toMatchObject({ kind: "done", externalId: "account-7" });
    expect(await bus.ask(GetChannelAccount, { id: account.id })).toMatchObject({ externalId: "account-7" });
    await world.isIn(account.id, "connected");
    await bus.dispatch(Logout, { id: account.id });
    expect(world.channel.loggedOut).toEqual([account.id]);
    expect(await world.stateOf(account.id)).toEqual({ status: "needs-login", reason: "Logged out." });
    expect(world.channel.connected).toBe(0);
  });

  it("tells how it ended to who asks late, and asks for nothing any more", async () => {
    const { world, account, bus, begin, submit, step } = await startAccount();
    await begin();
    await submit("1234");
    await world.isIn(account.id, "connected");
    const done = await step(0);
    expect(done).toMatchObject({ kind: "done", sequence: 2 });
    expect(await step(2)).toEqual(done);
    await expect(submit("1234")).rejects.toMatchObject({ code: "CRM_LOGIN_NOT_ASKED", status: 409 });
    await bus.dispatch(CancelLogin, { id: account.id });
    expect(await step(0)).toEqual(done);
  });

  it("answers its current step to who waits in vain for the next", async () => {
    const { clock, begin, step } = await startAccount();
    const current = await begin();
    const waits = step(current.sequence);
    await clock.advance(25_000);
    expect(await waits).toEqual(current);
  });

  it("ends when it is cancelled, and the account goes on", async () => {
    const { world, account, bus, begin, step } = await startAccount();
    await begin();
    await bus.dispatch(CancelLogin, { id: account.id });
    expect(await step(1)).toMatchObject({ kind: "failed", code: "CRM_LOGIN_CANCELLED" });
    await world.isIn(account.id, "connected");
  });

  it("ends when another one begins, which is the one that counts", async () => {
    const { world, account, begin, submit, step } = await startAccount();
    await begin();
    const waits = step(1);
    expect(await begin()).toMatchObject({ kind: "ask", sequence: 1 });
    expect(await waits).toMatchObject({ kind: "failed" });
    await submit("1234");
    expect(await step(1)).toMatchObject({ kind: "done" });
    await world.isIn(account.id, "connected");
    expect(world.channel.connected).toBe(1);
  });

  it("that was forgotten ends, so that the account is connected again", async () => {
    const { world, clock, account, begin, step } = await startAccount();
    await world.isIn(account.id, "connected");
    await begin();
    await clock.advance(10 * 60_000);
    expect([world.channel.connected, (await step(0)).kind]).toEqual([0, "ask"]);
    await clock.advance(30 * 60_000);
    expect(await step(0)).toMatchObject({ kind: "failed" });
    await world.isIn(account.id, "connected");
  });

  it("that can't begin leaves the account connected", async () => {
    const { world, account, begin } = await startAccount();
    await world.isIn(account.id, "connected");
    world.channel.beginning = () => Promise.reject(new Error("The provider is down."));
    await expect(begin()).rejects.toThrow("The provider is down.");
    await eventually(() => expect(world.channel.connected).toBe(1));
  });

  it("of a disabled account does not connect it, and gives the lease back", async () => {
    const { world, account, begin, submit, step } = await startAccount({ enabled: false });
    await begin();
    await submit("1234");
    expect(await step(1)).toMatchObject({ kind: "done" });
    await leaseIsFree(world, account.id);
    expect(world.channel.opened).toEqual([]);
  });

  it("is not disturbed when the account is disabled meanwhile", async () => {
    const { world, account, begin, submit, step } = await startAccount();
    await begin();
    const opened = world.channel.opened.length;
    await update(world, account.id, { enabled: false });
    await submit("1234");
    expect(await step(1)).toMatchObject({ kind: "done" });
    await leaseIsFree(world, account.id);
    expect([world.channel.opened.length, world.channel.connected]).toEqual([opened, 0]);
  });

  it("ends with the application, and nothing connects after it", async () => {
    const { world, clock, begin, step } = await startAccount();
    await begin();
    const waits = step(1);
    const opened = world.channel.opened.length;
    await world.kernel.stop();
    expect(await waits).toMatchObject({ kind: "failed" });
    await clock.advance(PATROL_MS);
    expect([world.channel.opened.length, world.channel.connected]).toEqual([opened, 0]);
  });

  it("that waits for its turn is refused when the application stops", async () => {
    const { world, begin, step } = await startAccount();
    const gate = createGate();
    world.channel.beginning = () => gate.opened;
    const logins = Promise.allSettled([begin(), begin()]);
    const stopping = world.kernel.stop();
    await eventually(() => expect(step(0)).rejects.toMatchObject({ code: "CRM_CHANNEL_STOPPED" }));
    gate.open();
    await stopping;
    const [first, second] = await logins;
    expect(first).toMatchObject({ status: "fulfilled", value: { sequence: 1 } });
    expect(second).toMatchObject({ status: "rejected", reason: { code: "CRM_CHANNEL_STOPPED", status: 503 } });
    expect(world.channel.connected).toBe(0);
  });

  it("is refused where there is none, or by a way that nobody knows", async () => {
    const { account, bus, submit, step } = await startAccount();
    await expect(step(0)).rejects.toMatchObject({ code: "CRM_LOGIN_NONE", status: 404 });
    await expect(submit("1")).rejects.toMatchObject({ code: "CRM_LOGIN_NONE", status: 404 });
    const wrong = {
      code: "CRM_CHANNEL_LOGIN_METHOD",
      status: 422,
      message: expect.stringContaining("Known ways: code"),
    };
    await expect(bus.dispatch(BeginLogin, { id: account.id, method: "qr" })).rejects.toMatchObject(wrong);
    await expect(bus.dispatch(BeginLogin, { id: UNKNOWN })).rejects.toMatchObject({
      code: "CRM_CHANNEL_NOT_FOUND",
      status: 404,
    });
  });
});
