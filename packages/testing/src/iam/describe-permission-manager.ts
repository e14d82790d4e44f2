import { type Plugin, definePlugin } from "@crmessenger/kernel";
import { type AccessSubject, IamHooks, PermissionManager, type User } from "@crmessenger/kernel/iam";
import { type CriteriaSubject, matches, nothing, where } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { type IamHarness, type IamSuite, type IamWorld, describeIam } from "./iam-harness.ts";

/** What every PermissionManager promises. */
export function describePermissionManager(harness: IamHarness): void {
  const define = (suite: IamSuite) => {
    granting(suite);
    scopes(suite);
    limits(suite);
    voting(suite);
  };
  describeIam(harness, "PermissionManager", define, [voter()]);
}

/** Votes by the permission's name, so that one kernel serves all tests. */
function voter(): Plugin {
  const plugin = definePlugin({
    id: "testing-voter",
    version: "1.0.0",
    extend(taps) {
      taps.tap(IamHooks.accessVoter, async ({ permission, target }) => {
        if (permission === "probe.fails") throw new Error("the voter broke");
        if (permission === "probe.denied" || target?.["secret"] === true) return { deny: "not today" };
        return permission === "probe.allowed" ? { allow: "everybody may" } : undefined;
      });
    },
  });
  return plugin();
}

function subjectOf({ id, tenantId, roleIds, teamIds }: User): AccessSubject {
  return { kind: "user", id, tenantId, roles: roleIds, teams: teamIds };
}

const permissions = (world: IamWorld) => world.kernel.get(PermissionManager);

function granting({ test }: IamSuite): void {
  test("grants what a role gives and refuses the rest with a reason", async (world) => {
    const role = await world.role({ permission: "sales.lead.read", scope: "all" });
    const subject = subjectOf(await world.user({ roleIds: [role.id] }));
    expect(await permissions(world).check({ subject, permission: "sales.lead.read" })).toMatchObject({ granted: true });
    const refused = await permissions(world).check({ subject, permission: "sales.lead.delete" });
    expect(refused).toEqual({ granted: false, reason: expect.stringMatching(/\w/) });
    expect(await permissions(world).scope(subject, "sales.lead.delete")).toEqual(nothing);
  });

  test("gives nothing to somebody without roles, or with one that does not exist", async (world) => {
    const subject = subjectOf(await world.user());
    for (const roles of [[], [world.unique("no-role")]]) {
      expect(
        await permissions(world).check({ subject: { ...subject, roles }, permission: "sales.lead.read" }),
      ).toMatchObject({ granted: false });
    }
  });

  test("understands names that end in an asterisk", async (world) => {
    const role = await world.role({ permission: "sales.*", scope: "all" });
    const subject = subjectOf(await world.user({ roleIds: [role.id] }));
    const granted = async (permission: string) => (await permissions(world).check({ subject, permission })).granted;
    expect([
      await granted("sales.lead.read"),
      await granted("sales.x"),
      await granted("salesman.read"),
      await granted("iam.user.read"),
    ]).toEqual([true, true, false, false]);
  });

  test("adds up what several roles give", async (world) => {
    const roles = [
      await world.role({ permission: "a.read", scope: "all" }),
      await world.role({ permission: "b.read", scope: "all" }),
    ];
    const subject = subjectOf(await world.user({ roleIds: roles.map(({ id }) => id) }));
    for (const permission of ["a.read", "b.read"])
      expect(await permissions(world).check({ subject, permission })).toMatchObject({ granted: true });
  });
}

function scopes({ test }: IamSuite): void {
  /** Which of the targets the scope lets through; a check of the target must say the same. */
  const reached = async (
    world: IamWorld,
    subject: AccessSubject,
    targets: Readonly<Record<string, CriteriaSubject>>,
  ) => {
    const scope = await permissions(world).scope(subject, "sales.lead.read");
    const names: string[] = [];
    for (const [name, target] of Object.entries(targets)) {
      const { granted } = await permissions(world).check({ subject, permission: "sales.lead.read", target });
      if (granted) names.push(name);
    }
    expect(Object.keys(targets).filter((name) => matches(scope, targets[name] ?? {}))).toEqual(names);
    return names;
  };

  test("reaches everything, the own, or what belongs to the teams and those below them", async (world) => {
    const company = await world.team("Company");
    const sales = await world.team("Sales", company);
    const north = await world.team("North", sales);
    const support = await world.team("Support", company);
    const role = async (scope: "own" | "team" | "all") =>
      (await world.role({ permission: "sales.lead.read", scope })).id;
    const colleague = await world.user({ teamIds: [sales.id] });
    const person = async (scope: "own" | "team" | "all") =>
      subjectOf(await world.user({ roleIds: [await role(scope)], teamIds: [sales.id] }));
    const targetsOf = (subject: AccessSubject) => ({
      own: { ownerId: subject.id, teamId: null },
      colleagues: { ownerId: colleague.id, teamId: sales.id },
      ownersBelow: { ownerId: null, teamId: north.id },
      besides: { ownerId: colleague.id, teamId: support.id },
      above: { ownerId: null, teamId: company.id },
      nobodys: { ownerId: null, teamId: null },
    });
    const [own, team, all] = [await person("own"), await person("team"), await person("all")];
    expect(await reached(world, own, targetsOf(own))).toEqual(["own"]);
    expect(await reached(world, team, targetsOf(team))).toEqual(["own", "colleagues", "ownersBelow"]);
    expect(await reached(world, all, targetsOf(all))).toHaveLength(6);
  });

  test("reaches the own where a team is asked for and there is none", async (world) => {
    const role = await world.role({ permission: "sales.lead.read", scope: "team" });
    const subject = subjectOf(await world.user({ roleIds: [role.id] }));
    expect(
      await reached(world, subject, {
        own: { ownerId: subject.id, teamId: null },
        nobodys: { ownerId: null, teamId: null },
        others: { ownerId: world.unique("user"), teamId: null },
      }),
    ).toEqual(["own"]);
  });

  test("narrows a grant by its criteria, and widens it by another grant", async (world) => {
    const narrow = await world.role({
      permission: "sales.lead.read",
      scope: "all",
      criteria: where("status").eq("new"),
    });
    const own = await world.role({ permission: "sales.*", scope: "own" });
    const subject = subjectOf(await world.user({ roleIds: [narrow.id, own.id] }));
    const other = world.unique("user");
    expect(
      await reached(world, subject, {
        newOthers: { status: "new", ownerId: other, teamId: null },
        oldOthers: { status: "converted", ownerId: other, teamId: null },
        oldOwn: { status: "converted", ownerId: subject.id, teamId: null },
      }),
    ).toEqual(["newOthers", "oldOwn"]);
  });
}

function limits({ test }: IamSuite): void {
  test("limits a user's key to the permissions it was made for", async (world) => {
    const role = await world.role({ permission: "sales.*", scope: "all" });
    const subject = { ...subjectOf(await world.user({ roleIds: [role.id] })), permissions: ["sales.lead.*"] };
    expect(await permissions(world).check({ subject, permission: "sales.lead.read" })).toMatchObject({ granted: true });
    expect(await permissions(world).check({ subject, permission: "sales.contact.read" })).toMatchObject({
      granted: false,
    });
    expect(await permissions(world).scope(subject, "sales.contact.read")).toEqual(nothing);
  });

  test("gives a key no more than its user has", async (world) => {
    const subject = { ...subjectOf(await world.user()), permissions: ["*"] };
    expect(await permissions(world).check({ subject, permission: "sales.lead.read" })).toMatchObject({
      granted: false,
    });
  });

  test("gives a plugin what it declared", async (world) => {
    const subject: AccessSubject = {
      kind: "plugin",
      id: "telegram",
      tenantId: world.tenantId,
      roles: [],
      teams: [],
      permissions: ["communication.*"],
    };
    expect(await permissions(world).check({ subject, permission: "communication.message.receive" })).toMatchObject({
      granted: true,
    });
    expect(await permissions(world).check({ subject, permission: "sales.lead.read" })).toMatchObject({
      granted: false,
    });
    expect(matches(await permissions(world).scope(subject, "communication.message.receive"), { ownerId: null })).toBe(
      true,
    );
    expect(await permissions(world).scope(subject, "sales.lead.read")).toEqual(nothing);
  });
}

function voting({ test }: IamSuite): void {
  test("lets a voter deny what the roles grant, for good or for one target", async (world) => {
    const role = await world.role({ permission: "*", scope: "all" });
    const subject = subjectOf(await world.user({ roleIds: [role.id] }));
    expect(await permissions(world).check({ subject, permission: "probe.denied" })).toEqual({
      granted: false,
      reason: expect.stringContaining("not today"),
    });
    expect(
      await permissions(world).check({ subject, permission: "probe.read", target: { secret: true } }),
    ).toMatchObject({ granted: false });
    expect(
      await permissions(world).check({ subject, permission: "probe.read", target: { secret: false } }),
    ).toMatchObject({ granted: true });
  });

  test("takes a voter that fails for one that denies", async (world) => {
    const role = await world.role({ permission: "*", scope: "all" });
    const subject = subjectOf(await world.user({ roleIds: [role.id] }));
    expect(await permissions(world).check({ subject, permission: "probe.fails" })).toMatchObject({ granted: false });
  });

  test("lets a voter allow what no role gives", async (world) => {
    const subject = subjectOf(await world.user());
    expect(await permissions(world).check({ subject, permission: "probe.allowed" })).toMatchObject({ granted: true });
  });
}
