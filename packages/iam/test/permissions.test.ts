import { definePlugin, runInContext } from "@crmessenger/kernel";
import {
  type AccessSubject,
  type Grant,
  IamHooks,
  RoleRepository,
  SaveRole,
  UpdateUser,
} from "@crmessenger/kernel/iam";
import { type Criteria, UnitOfWork, everything, matches, nothing, where } from "@crmessenger/kernel/infrastructure";
import { describe, expect, test } from "vitest";
import { type IamWorld, startIam, subjectOf } from "./iam-world.ts";

const READ = "sales.lead.read";
const grant = (permission: string, scope: Grant["scope"], criteria?: Criteria): Grant => ({
  permission,
  scope,
  ...(criteria ? { criteria } : {}),
});
const reaches = (scope: Criteria, ownerId: string | null, teamId: string | null, more: object = {}) =>
  matches(scope, { ownerId, teamId, ...more });

/** A user with a role of these grants. */
async function userWith(world: IamWorld, grants: readonly Grant[], teamIds: readonly string[] = []) {
  const role = await world.role(`role-${grants.map(({ permission, scope }) => permission + scope).join()}`, ...grants);
  return world.user({ roleIds: [role.id], teamIds });
}

describe("roles", () => {
  test("give the permissions they name, and none they don't", async () => {
    await using world = await startIam();
    const subject = subjectOf(await userWith(world, [grant(READ, "all"), grant("communication.*", "all")]));
    const granted = async (permission: string) => (await world.permissions.check({ subject, permission })).granted;
    expect(await granted(READ)).toBe(true);
    expect(await granted("communication.message.send")).toBe(true);
    expect(await granted("sales.lead.readers")).toBe(false);
    expect(await granted("sales.lead")).toBe(false);
    expect(await world.permissions.check({ subject, permission: "sales.lead.update" })).toEqual({
      granted: false,
      reason: "none of the caller's roles grants it",
    });
    expect(await world.permissions.scope(subject, READ)).toEqual(everything);
    expect(await world.permissions.scope(subject, "sales.lead.update")).toEqual(nothing);
  });

  test("unknown ones and none at all give nothing", async () => {
    await using world = await startIam();
    const subject: AccessSubject = { kind: "user", id: "u1", tenantId: "default", roles: ["unknown"], teams: [] };
    expect(await world.permissions.check({ subject, permission: READ })).toMatchObject({ granted: false });
    expect(await world.permissions.scope({ ...subject, roles: [] }, READ)).toEqual(nothing);
  });

  test("scope own reaches what one owns", async () => {
    await using world = await startIam();
    const user = await userWith(world, [grant(READ, "own")]);
    const scope = await world.permissions.scope(subjectOf(user), READ);
    expect(reaches(scope, user.id, "t1")).toBe(true);
    expect(reaches(scope, "other", null)).toBe(false);
    expect(reaches(scope, null, null)).toBe(false);
  });

  test("scope team reaches the teams and everything below them", async () => {
    await using world = await startIam();
    const company = await world.team("Company");
    const sales = await world.team("Sales", company.id);
    const north = await world.team("North", sales.id);
    const support = await world.team("Support", company.id);
    const user = await userWith(world, [grant(READ, "team")], [sales.id]);
    const below = await world.user({ teamIds: [north.id] });
    const beside = await world.user({ teamIds: [support.id] });
    const scope = await world.permissions.scope(subjectOf(user), READ);
    expect(reaches(scope, user.id, null)).toBe(true);
    expect(reaches(scope, "anybody", sales.id)).toBe(true);
    expect(reaches(scope, null, north.id)).toBe(true);
    expect(reaches(scope, null, company.id)).toBe(false);
    expect(reaches(scope, null, support.id)).toBe(false);
    expect(reaches(scope, below.id, null), "what names no team belongs to its owner's").toBe(true);
    expect(reaches(scope, below.id, support.id), "what names a team belongs to that").toBe(false);
    expect(reaches(scope, beside.id, null)).toBe(false);
    expect(reaches(scope, null, null)).toBe(false);
  });

  test("scope team without a team is scope own", async () => {
    await using world = await startIam();
    const user = await userWith(world, [grant(READ, "team")]);
    expect(await world.permissions.scope(subjectOf(user), READ)).toEqual(where("ownerId").eq(user.id));
  });

  test("grants add up, and conditions narrow the grant they are on", async () => {
    await using world = await startIam();
    const isNew = where("status").eq("new");
    const user = await userWith(world, [grant(READ, "own"), grant("sales.*", "all", isNew), grant(READ, "own")]);
    const scope = await world.permissions.scope(subjectOf(user), READ);
    expect(reaches(scope, user.id, null, { status: "qualified" })).toBe(true);
    expect(reaches(scope, "other", null, { status: "new" })).toBe(true);
    expect(reaches(scope, "other", null, { status: "qualified" })).toBe(false);
    expect(scope).toEqual({ op: "or", all: [where("ownerId").eq(user.id), isNew] });
  });

  test("several roles are one", async () => {
    await using world = await startIam();
    const [a, b] = [await world.role("a", grant(READ, "own")), await world.role("b", grant("sales.*", "all"))];
    const user = await world.user({ roleIds: [a.id, b.id] });
    expect(await world.permissions.scope(subjectOf(user), READ)).toEqual(everything);
  });

  test("a target must be within reach", async () => {
    await using world = await startIam();
    const user = await userWith(world, [grant(READ, "own")]);
    const check = (target: { ownerId: string }) =>
      world.permissions.check({ subject: subjectOf(user), permission: READ, target });
    expect(await check({ ownerId: user.id })).toEqual({ granted: true, reason: "a role grants it" });
    expect(await check({ ownerId: "other" })).toEqual({
      granted: false,
      reason: "the caller's roles don't reach this one",
    });
  });
});

describe("subjects", () => {
  test("an API key has what its user has, within its limit", async () => {
    await using world = await startIam();
    const user = await userWith(world, [grant("sales.*", "all")]);
    const subject = subjectOf(user, ["sales.lead.*", "communication.*"]);
    expect(await world.permissions.check({ subject, permission: READ })).toMatchObject({ granted: true });
    expect(await world.permissions.check({ subject, permission: "sales.contact.read" })).toEqual({
      granted: false,
      reason: "the API key is limited to other permissions",
    });
    expect(await world.permissions.check({ subject, permission: "communication.message.send" })).toMatchObject({
      granted: false,
    });
    expect(await world.permissions.scope(subject, "sales.contact.read")).toEqual(nothing);
  });

  test("a plugin has what it declared", async () => {
    await using world = await startIam();
    const subject: AccessSubject = {
      kind: "plugin",
      id: "telegram",
      tenantId: "default",
      roles: [],
      teams: [],
      permissions: ["sales.*"],
    };
    expect(await world.permissions.check({ subject, permission: READ })).toEqual({
      granted: true,
      reason: "the plugin declared it",
    });
    expect(await world.permissions.scope(subject, READ)).toEqual(everything);
    expect(await world.permissions.check({ subject, permission: "iam.user.read" })).toEqual({
      granted: false,
      reason: "the plugin did not declare it",
    });
    const { permissions: _, ...bare } = subject;
    expect(await world.permissions.check({ subject: bare, permission: READ })).toMatchObject({ granted: false });
  });

  test("nobody has anything in another tenant", async () => {
    await using world = await startIam();
    const user = await userWith(world, [grant("*", "all")]);
    const subject = subjectOf(user);
    await runInContext({ tenantId: "elsewhere" }, async () => {
      expect(await world.permissions.check({ subject, permission: READ })).toEqual({
        granted: false,
        reason: "the caller belongs to another tenant",
      });
      expect(await world.permissions.scope(subject, READ)).toEqual(nothing);
    });
  });
});

describe("voters", () => {
  const voter = (id: string, vote: () => { allow: string } | { deny: string } | undefined) =>
    definePlugin({ id, version: "1.0.0", extend: (hooks) => hooks.tap(IamHooks.accessVoter, vote) })();

  test("a deny wins over roles and over an allow", async () => {
    await using world = await startIam({
      plugins: [voter("fan", () => ({ allow: "why not" })), voter("guard", () => ({ deny: "it is Sunday" }))],
    });
    const user = await userWith(world, [grant("*", "all")]);
    expect(await world.permissions.check({ subject: subjectOf(user), permission: READ })).toEqual({
      granted: false,
      reason: 'plugin "guard" denies it: it is Sunday',
    });
    expect(await world.permissions.scope(subjectOf(user), READ)).toEqual(nothing);
  });

  test("an allow is enough where the roles are silent", async () => {
    await using world = await startIam({ plugins: [voter("fan", () => ({ allow: "why not" }))] });
    const subject = subjectOf(await world.user());
    expect(await world.permissions.check({ subject, permission: READ })).toEqual({
      granted: true,
      reason: "a plugin allows it",
    });
  });

  test("who says nothing changes nothing", async () => {
    await using world = await startIam({ plugins: [voter("mute", () => undefined)] });
    const user = await userWith(world, [grant(READ, "all")]);
    expect(await world.permissions.check({ subject: subjectOf(user), permission: READ })).toMatchObject({
      granted: true,
    });
    expect(await world.permissions.check({ subject: subjectOf(user), permission: "x.y" })).toMatchObject({
      granted: false,
    });
  });

  test("who fails denies", async () => {
    const broken = () => {
      throw new Error("broken");
    };
    await using world = await startIam({ plugins: [voter("broken", broken)] });
    const user = await userWith(world, [grant(READ, "all")]);
    expect(await world.permissions.check({ subject: subjectOf(user), permission: READ })).toMatchObject({
      granted: false,
      reason: expect.stringContaining("broken") as string,
    });
  });
});

describe("changes", () => {
  test("of roles, teams and members show at once in this process", async () => {
    await using world = await startIam({ options: { accessCacheMs: 3_600_000 } });
    const team = await world.team("Sales");
    const role = await world.role("clerk", grant(READ, "team"));
    const user = await world.user({ roleIds: [role.id], teamIds: [team.id] });
    const scope = () => world.permissions.scope(subjectOf(user), READ);
    expect(reaches(await scope(), null, team.id)).toBe(true);
    const below = await world.team("North", team.id);
    expect(reaches(await scope(), null, below.id)).toBe(true);
    const colleague = await world.user({ teamIds: [below.id] });
    expect(reaches(await scope(), colleague.id, null)).toBe(true);
    await world.kernel.bus.dispatch(UpdateUser, { id: colleague.id, teamIds: [] });
    expect(reaches(await scope(), colleague.id, null)).toBe(false);
    await world.role("clerk", grant(READ, "all"));
    expect(await scope()).toEqual(everything);
    await world.role("clerk");
    expect(await scope()).toEqual(nothing);
  });

  test("show inside their unit of work, and outside only once it is committed", async () => {
    await using world = await startIam({ options: { accessCacheMs: 3_600_000 } });
    const role = await world.role("clerk", grant(READ, "all"));
    const subject = subjectOf(await world.user({ roleIds: [role.id] }));
    const scope = () => world.permissions.scope(subject, READ);
    expect(await scope()).toEqual(everything);
    const units = world.kernel.get(UnitOfWork);
    const undone = units.run(async () => {
      await world.kernel.bus.dispatch(SaveRole, { name: "clerk", grants: [] });
      expect(await scope()).toEqual(nothing);
      throw new Error("changed my mind");
    });
    await expect(undone).rejects.toThrow("changed my mind");
    expect(await scope()).toEqual(everything);
    await units.run(async () => void (await world.kernel.bus.dispatch(SaveRole, { name: "clerk", grants: [] })));
    expect(await scope()).toEqual(nothing);
  });

  test("made past this plugin show after the cache's time", async () => {
    await using world = await startIam({ options: { accessCacheMs: 5_000 } });
    const role = await world.role("clerk", grant(READ, "all"));
    const subject = subjectOf(await world.user({ roleIds: [role.id] }));
    const scope = () => world.permissions.scope(subject, READ);
    expect(await scope()).toEqual(everything);
    await world.kernel.get(RoleRepository).update({ ...role, grants: [] });
    expect(await scope()).toEqual(everything);
    await world.clock.advance(5_000);
    expect(await scope()).toEqual(nothing);
  });
});
