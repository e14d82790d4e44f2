import { type IamWorld, PASSWORD, startIam, subjectOf } from "./iam-world.ts";
import { MessageBus } from "@crmessenger/kernel/infrastructure";
import {
  CreateApiKey,
  CreateTeam,
  CreateUser,
  GetMe,
  type Grant,
  ListRoles,
  ListUsers,
  RevokeApiKey,
  SaveRole,
  UpdateUser,
  type User,
  UserRepository,
} from "@crmessenger/kernel/iam";
import { definePlugin } from "@crmessenger/kernel";
import { where } from "@crmessenger/kernel/infrastructure";
import { describe, expect, test } from "vitest";
import { builtInRoles, seedOwner } from "../src/index.ts";

const all = (permission: string): Grant => ({ permission, scope: "all" });
const fields = {
  name: "Ada",
  email: "ada@example.org",
  roleIds: [],
  teamIds: [],
  timeZone: "Europe/Moscow",
  locale: "ru",
};
const UNKNOWN = "00000000-0000-7000-8000-000000000001";

async function userWith(world: IamWorld, grants: readonly Grant[], teamIds: readonly string[] = []): Promise<User> {
  const { id } = await world.role(
    `role ${JSON.stringify(grants).length} ${grants.map(({ permission }) => permission).join()}`,
    ...grants,
  );
  return world.user({ roleIds: [id], teamIds });
}

describe("CreateUser", () => {
  test("adds somebody who can sign in", async () => {
    await using world = await startIam();
    const user = await world.kernel.bus.dispatch(CreateUser, {
      ...fields,
      email: "Ada@Example.org",
      password: PASSWORD,
    });
    expect(user).toMatchObject({ ...fields, email: "ada@example.org", active: true, version: 1 });
    expect(user).not.toHaveProperty("password");
    expect(await world.authenticator.signIn({ email: "ada@example.org", password: PASSWORD })).toMatchObject({
      userId: user.id,
    });
    expect(await world.audit("user", user.id)).toMatchObject([
      { action: "iam.user.create", changes: { email: { from: null, to: "ada@example.org" } } },
    ]);
  });

  test("an address is one user's", async () => {
    await using world = await startIam();
    await world.kernel.bus.dispatch(CreateUser, fields);
    await expect(world.kernel.bus.dispatch(CreateUser, { ...fields, email: "ADA@example.org" })).rejects.toMatchObject({
      code: "CRM_IAM_EMAIL_TAKEN",
      status: 409,
      details: { email: "ada@example.org" },
    });
  });

  test("roles and teams exist", async () => {
    await using world = await startIam();
    const { bus } = world.kernel;
    await expect(bus.dispatch(CreateUser, { ...fields, roleIds: [UNKNOWN] })).rejects.toMatchObject({
      code: "CRM_IAM_UNKNOWN_ROLE",
      status: 422,
      details: { ids: [UNKNOWN] },
    });
    await expect(bus.dispatch(CreateUser, { ...fields, teamIds: [UNKNOWN] })).rejects.toMatchObject({
      code: "CRM_IAM_UNKNOWN_TEAM",
      status: 422,
    });
    expect((await bus.ask(ListUsers, {})).items).toEqual([]);
  });

  test("time zone and locale are known ones", async () => {
    await using world = await startIam();
    const { bus } = world.kernel;
    await expect(bus.dispatch(CreateUser, { ...fields, timeZone: "Mars/Olympus" })).rejects.toMatchObject({
      code: "CRM_IAM_UNKNOWN_TIME_ZONE",
      status: 422,
      details: { timeZone: "Mars/Olympus" },
    });
    await expect(bus.dispatch(CreateUser, { ...fields, locale: "no locale" })).rejects.toMatchObject({
      code: "CRM_IAM_UNKNOWN_LOCALE",
      status: 422,
    });
  });

  test("a short password is refused before anything is stored", async () => {
    await using world = await startIam();
    await expect(world.kernel.bus.dispatch(CreateUser, { ...fields, password: "short" })).rejects.toMatchObject({
      code: "CRM_BUS_INVALID_INPUT",
    });
    expect((await world.kernel.bus.ask(ListUsers, {})).items).toEqual([]);
  });

  test("nobody gives away what they don't have", async () => {
    await using world = await startIam();
    const owner = await world.builtIn("owner");
    const admin = await userWith(world, [
      all("iam.user.manage"),
      all("sales.*"),
      { permission: "communication.*", scope: "own" },
    ]);
    const give = (roleId: string) =>
      world.as(admin, () => world.kernel.bus.dispatch(CreateUser, { ...fields, roleIds: [roleId] }));
    const escalation = { code: "CRM_IAM_ESCALATION", status: 403 };
    await expect(give(owner.id)).rejects.toMatchObject({ ...escalation, details: { permission: "*", scope: "all" } });
    await expect(give((await world.role("wide", all("communication.message.send"))).id)).rejects.toMatchObject(
      escalation,
    );
    expect(await give((await world.role("narrow", all("sales.lead.read"))).id)).toMatchObject({ name: "Ada" });
  });

  test("with a grant of scope team one adds users to one's teams", async () => {
    await using world = await startIam();
    const [mine, theirs] = [await world.team("Mine"), await world.team("Theirs")];
    const lead = await userWith(world, [{ permission: "iam.user.manage", scope: "team" }], [mine.id]);
    const add = (teamIds: string[], email: string) =>
      world.as(lead, () => world.kernel.bus.dispatch(CreateUser, { ...fields, email, teamIds }));
    expect(await add([mine.id], "a@example.org")).toMatchObject({ teamIds: [mine.id] });
    await expect(add([], "b@example.org")).rejects.toMatchObject({ code: "CRM_IAM_OUT_OF_SCOPE", status: 403 });
    await expect(add([mine.id, theirs.id], "c@example.org")).rejects.toMatchObject({ code: "CRM_IAM_OUT_OF_SCOPE" });
  });

  test("without the permission it is forbidden", async () => {
    await using world = await startIam();
    const user = await world.user();
    await expect(world.as(user, () => world.kernel.bus.dispatch(CreateUser, fields))).rejects.toMatchObject({
      code: "CRM_IAM_FORBIDDEN",
      status: 403,
    });
  });
});

describe("UpdateUser", () => {
  test("changes what is named", async () => {
    await using world = await startIam();
    const team = await world.team("Sales");
    const user = await world.user();
    const changed = await world.kernel.bus.dispatch(UpdateUser, { id: user.id, name: "Ada", teamIds: [team.id] });
    expect(changed).toMatchObject({ name: "Ada", teamIds: [team.id], email: user.email, version: 2 });
    expect((await world.audit("user", user.id))[0]).toMatchObject({
      action: "iam.user.update",
      changes: { name: { from: user.name, to: "Ada" }, teamIds: { to: [team.id] } },
    });
    expect(await world.kernel.bus.dispatch(UpdateUser, { id: user.id, name: "Ada" })).toEqual(changed);
    expect(await world.audit("user", user.id)).toHaveLength(2);
  });

  test("unknown users, roles and teams are refused", async () => {
    await using world = await startIam();
    const { id } = await world.user();
    const { bus } = world.kernel;
    await expect(bus.dispatch(UpdateUser, { id: UNKNOWN, name: "x" })).rejects.toMatchObject({
      code: "CRM_IAM_USER_NOT_FOUND",
      status: 404,
    });
    await expect(bus.dispatch(UpdateUser, { id, roleIds: [UNKNOWN] })).rejects.toMatchObject({
      code: "CRM_IAM_UNKNOWN_ROLE",
    });
    await expect(bus.dispatch(UpdateUser, { id, teamIds: [UNKNOWN] })).rejects.toMatchObject({
      code: "CRM_IAM_UNKNOWN_TEAM",
    });
  });

  test("a user out of scope is as unknown as one that does not exist", async () => {
    await using world = await startIam();
    const self = await userWith(world, [{ permission: "iam.user.manage", scope: "own" }]);
    const other = await world.user();
    const rename = (id: string) => world.as(self, () => world.kernel.bus.dispatch(UpdateUser, { id, name: "x" }));
    await expect(rename(other.id)).rejects.toMatchObject({ code: "CRM_IAM_USER_NOT_FOUND" });
    expect(await rename(self.id)).toMatchObject({ name: "x" });
  });

  test("nobody makes themselves an owner", async () => {
    await using world = await startIam();
    const owner = await world.builtIn("owner");
    const admin = await userWith(world, [all("iam.*")]);
    const promote = world.as(admin, () =>
      world.kernel.bus.dispatch(UpdateUser, { id: admin.id, roleIds: [...admin.roleIds, owner.id] }),
    );
    await expect(promote).rejects.toMatchObject({ code: "CRM_IAM_ESCALATION" });
  });

  test("what a user had before needs no right of the one who keeps it", async () => {
    await using world = await startIam();
    const owner = await world.builtIn("owner");
    await world.user({ roleIds: [owner.id] });
    const chief = await world.user({ roleIds: [owner.id] });
    const admin = await userWith(world, [all("iam.user.manage")]);
    const demoted = await world.as(admin, () =>
      world.kernel.bus.dispatch(UpdateUser, { id: chief.id, name: "Chief", roleIds: [owner.id] }),
    );
    expect(demoted).toMatchObject({ name: "Chief", roleIds: [owner.id] });
  });

  test("the last active owner stays one", async () => {
    await using world = await startIam();
    const owner = await world.builtIn("owner");
    const { bus } = world.kernel;
    const [first, second] = [await world.user({ roleIds: [owner.id] }), await world.user({ roleIds: [owner.id] })];
    await bus.dispatch(UpdateUser, { id: second.id, active: false });
    const last = { code: "CRM_IAM_LAST_OWNER", status: 409, details: { id: first.id } };
    await expect(bus.dispatch(UpdateUser, { id: first.id, active: false })).rejects.toMatchObject(last);
    await expect(bus.dispatch(UpdateUser, { id: first.id, roleIds: [] })).rejects.toMatchObject(last);
    await bus.dispatch(UpdateUser, { id: second.id, active: true });
    expect(await bus.dispatch(UpdateUser, { id: first.id, roleIds: [] })).toMatchObject({ roleIds: [] });
  });
});

describe("ListUsers and GetMe", () => {
  test("a list is narrowed to the caller's scope", async () => {
    await using world = await startIam();
    const team = await world.team("Sales");
    const lead = await userWith(world, [{ permission: "iam.user.read", scope: "team" }], [team.id]);
    const colleague = await world.user({ teamIds: [team.id] });
    const other = await world.user();
    const list = async () => (await world.kernel.bus.ask(ListUsers, {})).items.map(({ id }) => id);
    expect((await world.as(lead, list)).toSorted()).toEqual([lead.id, colleague.id].toSorted());
    expect(await list()).toEqual([other.id, colleague.id, lead.id]);
    const first = await world.kernel.bus.ask(ListUsers, { limit: 2 });
    expect(first.items).toHaveLength(2);
    expect(
      (await world.kernel.bus.ask(ListUsers, { limit: 2, ...(first.next ? { after: first.next } : {}) })).items,
    ).toHaveLength(1);
  });

  test("everybody may ask who they are", async () => {
    await using world = await startIam();
    const user = await world.user();
    expect(await world.as(user, () => world.kernel.bus.ask(GetMe, {}))).toEqual(user);
    await expect(world.kernel.bus.ask(GetMe, {})).rejects.toMatchObject({
      code: "CRM_IAM_UNAUTHENTICATED",
      status: 401,
    });
  });
});

describe("teams", () => {
  test("form a tree", async () => {
    await using world = await startIam();
    const company = await world.team("Company");
    const sales = await world.team("Sales", company.id);
    expect(sales).toMatchObject({ name: "Sales", parentId: company.id, version: 1 });
    expect(await world.audit("team", sales.id)).toMatchObject([
      { action: "iam.team.create", changes: { parentId: { to: company.id } } },
    ]);
    await expect(world.team("Lost", UNKNOWN)).rejects.toMatchObject({ code: "CRM_IAM_UNKNOWN_TEAM", status: 422 });
  });

  test("with a grant of scope team one adds teams below one's own", async () => {
    await using world = await startIam();
    const [mine, theirs] = [await world.team("Mine"), await world.team("Theirs")];
    const lead = await userWith(world, [{ permission: "iam.team.manage", scope: "team" }], [mine.id]);
    const add = (parentId: string | null) =>
      world.as(lead, () => world.kernel.bus.dispatch(CreateTeam, { name: "New", parentId }));
    expect(await add(mine.id)).toMatchObject({ parentId: mine.id });
    await expect(add(theirs.id)).rejects.toMatchObject({ code: "CRM_IAM_OUT_OF_SCOPE", status: 403 });
    await expect(add(null)).rejects.toMatchObject({ code: "CRM_IAM_OUT_OF_SCOPE" });
  });
});

describe("roles", () => {
  test("are there from the start, once", async () => {
    await using world = await startIam();
    const roles = (await world.kernel.bus.ask(ListRoles, {})).items;
    expect(roles.map(({ name, grants }) => ({ name, grants })).toSorted((a, b) => (a.name < b.name ? 1 : -1))).toEqual(
      builtInRoles.toSorted((a, b) => (a.name < b.name ? 1 : -1)),
    );
    await seedOwner(world.kernel, { email: "owner@example.org", name: "Owner" });
    expect((await world.kernel.bus.ask(ListRoles, {})).items).toHaveLength(roles.length);
  });

  test("a manager reaches the teams' customers and those of nobody", async () => {
    await using world = await startIam();
    const team = await world.team("Sales");
    const manager = await world.user({ roleIds: [(await world.builtIn("manager")).id], teamIds: [team.id] });
    const can = async (permission: string, target: object) =>
      (await world.permissions.check({ subject: subjectOf(manager), permission, target: target as never })).granted;
    for (const permission of ["sales.lead.assign", "communication.message.send", "communication.conversation.read"]) {
      expect(await can(permission, { ownerId: "other", teamId: team.id })).toBe(true);
      expect(await can(permission, { ownerId: null, teamId: null })).toBe(true);
      expect(await can(permission, { ownerId: "other", teamId: null })).toBe(false);
    }
    expect(await can("communication.channel.manage", {})).toBe(false);
    expect(await can("iam.user.manage", {})).toBe(false);
  });

  test("are saved by name", async () => {
    await using world = await startIam();
    const role = await world.role("clerk", all("sales.lead.read"));
    expect(role).toMatchObject({ name: "clerk", version: 1 });
    const criteria = where("status").eq("new");
    const changed = await world.role("clerk", { ...all("sales.*"), criteria });
    expect(changed).toMatchObject({
      id: role.id,
      version: 2,
      grants: [{ permission: "sales.*", scope: "all", criteria }],
    });
    expect(await world.role("clerk", { ...all("sales.*"), criteria })).toEqual(changed);
    expect((await world.audit("role", role.id)).map(({ action }) => action)).toEqual([
      "iam.role.save",
      "iam.role.save",
    ]);
  });

  test("the owner's can't be changed", async () => {
    await using world = await startIam();
    await expect(world.role("owner")).rejects.toMatchObject({ code: "CRM_IAM_OWNER_ROLE", status: 409 });
  });

  test("take a grant of scope all, and give no more than one has", async () => {
    await using world = await startIam();
    const lead = await userWith(
      world,
      [{ permission: "iam.role.manage", scope: "team" }],
      [(await world.team("Sales")).id],
    );
    await expect(world.as(lead, () => world.role("x"))).rejects.toMatchObject({
      code: "CRM_IAM_OUT_OF_SCOPE",
      status: 403,
    });
    expect(await world.as(lead, () => world.kernel.bus.ask(ListRoles, {}))).toEqual({ items: [] });
    const criteria = where("status").eq("new");
    const admin = await userWith(world, [all("iam.role.manage"), { ...all("sales.*"), criteria }]);
    const save = (grants: readonly Grant[], permissions?: readonly string[]) =>
      world.as(admin, () => world.role("y", ...grants), permissions);
    await expect(save([all("sales.lead.read")])).rejects.toMatchObject({ code: "CRM_IAM_ESCALATION" });
    await expect(save([{ ...all("sales.lead.read"), criteria: where("status").eq("lost") }])).rejects.toMatchObject({
      code: "CRM_IAM_ESCALATION",
    });
    await expect(save([{ ...all("sales.lead.read"), criteria }], ["iam.*"])).rejects.toMatchObject({
      code: "CRM_IAM_ESCALATION",
    });
    expect(await save([{ permission: "sales.lead.read", scope: "team", criteria }])).toMatchObject({ name: "y" });
  });

  test("a plugin gives away what it declared", async () => {
    let save: (permission: string) => Promise<unknown> = () => Promise.reject(new Error("not booted"));
    const installer = definePlugin({
      id: "installer",
      version: "1.0.0",
      deps: { bus: MessageBus },
      permissions: ["iam.role.manage", "sales.*"],
      boot({ bus }, context) {
        save = (permission) =>
          context.run(() => bus.dispatch(SaveRole, { name: "installed", grants: [all(permission)] }));
        return {};
      },
    });
    await using world = await startIam({ plugins: [installer()] });
    await expect(save("communication.*")).rejects.toMatchObject({ code: "CRM_IAM_ESCALATION" });
    expect(await save("sales.lead.read")).toMatchObject({ name: "installed" });
    expect((await world.kernel.bus.ask(ListRoles, {})).items).toHaveLength(3);
  });
});

describe("API keys", () => {
  test("are made by users for themselves, and revoked", async () => {
    await using world = await startIam();
    const user = await userWith(world, [{ permission: "iam.api-key.manage", scope: "own" }]);
    const { id, key } = await world.as(user, () => world.kernel.bus.dispatch(CreateApiKey, { name: "script" }));
    expect(await world.authenticator.authenticate(key)).toMatchObject({ id: user.id });
    expect(await world.as(user, () => world.kernel.bus.dispatch(RevokeApiKey, { id }))).toEqual({});
    await expect(world.authenticator.authenticate(key)).rejects.toMatchObject({ code: "CRM_IAM_UNAUTHENTICATED" });
    await expect(world.as(user, () => world.kernel.bus.dispatch(RevokeApiKey, { id }))).rejects.toMatchObject({
      code: "CRM_IAM_API_KEY_NOT_FOUND",
      status: 404,
    });
  });

  test("of others are out of reach with scope own, within it with scope all", async () => {
    await using world = await startIam();
    const holder = await userWith(world, [{ permission: "iam.api-key.manage", scope: "own" }]);
    const stranger = await world.user({ roleIds: holder.roleIds });
    const admin = await userWith(world, [all("iam.*")]);
    const { id } = await world.as(holder, () => world.kernel.bus.dispatch(CreateApiKey, { name: "script" }));
    const revoke = (user: User) => world.as(user, () => world.kernel.bus.dispatch(RevokeApiKey, { id }));
    await expect(revoke(stranger)).rejects.toMatchObject({ code: "CRM_IAM_API_KEY_NOT_FOUND" });
    expect(await revoke(admin)).toEqual({});
  });

  test("a limited key makes keys with no more than its own permissions", async () => {
    await using world = await startIam();
    const user = await userWith(world, [all("*")]);
    const limit = ["iam.api-key.*", "sales.*"];
    const make = (permissions?: string[]) =>
      world.as(
        user,
        () => world.kernel.bus.dispatch(CreateApiKey, { name: "x", ...(permissions ? { permissions } : {}) }),
        limit,
      );
    const permissionsOf = async (key: string) => (await world.authenticator.authenticate(key)).permissions;
    expect(await permissionsOf((await make()).key)).toEqual(limit);
    expect(await permissionsOf((await make(["sales.lead.*"])).key)).toEqual(["sales.lead.*"]);
    await expect(make(["*"])).rejects.toMatchObject({
      code: "CRM_IAM_ESCALATION",
      status: 403,
      details: { permission: "*" },
    });
  });

  test("act as a user, so the system has none", async () => {
    await using world = await startIam();
    await expect(world.kernel.bus.dispatch(CreateApiKey, { name: "x" })).rejects.toMatchObject({
      code: "CRM_IAM_UNAUTHENTICATED",
    });
  });
});

describe("seedOwner", () => {
  const seed = (world: IamWorld, email = "owner@example.org") => seedOwner(world.kernel, { email, name: "Owner" });
  const userOf = (world: IamWorld, id: string) => world.kernel.get(UserRepository).get(id);

  test("creates the first owner with a password, and answers it once", async () => {
    await using world = await startIam();
    const { userId, password = "" } = await seed(world, "Owner@Example.org");
    const user = await userOf(world, userId);
    if (!user) throw new Error("The owner was not stored.");
    expect(password).toHaveLength(24);
    expect(user).toMatchObject({ email: "owner@example.org", roleIds: [(await world.builtIn("owner")).id] });
    expect(await world.authenticator.signIn({ email: "owner@example.org", password })).toMatchObject({ userId });
    expect(await world.permissions.check({ subject: subjectOf(user), permission: "anything.at.all" })).toMatchObject({
      granted: true,
    });
    expect(await seed(world)).toEqual({ userId, password: undefined });
    expect(await seed(world, "another@example.org")).toEqual({ userId, password: undefined });
    expect(JSON.stringify(await world.audit("user", userId))).not.toContain(password);
  });

  test("two who seed at once make one owner", async () => {
    await using world = await startIam();
    const seeded = await Promise.all([seed(world), seed(world)]);
    expect(seeded.filter(({ password }) => password !== undefined)).toHaveLength(1);
    expect(new Set(seeded.map(({ userId }) => userId)).size).toBe(1);
  });

  test("somebody else's address is not taken over", async () => {
    await using world = await startIam();
    await world.user({ email: "owner@example.org" });
    await expect(seed(world)).rejects.toMatchObject({ code: "CRM_IAM_EMAIL_TAKEN" });
  });

  test("is not for users who may manage users", async () => {
    await using world = await startIam();
    const admin = await userWith(world, [all("iam.user.*")]);
    await expect(world.as(admin, () => seed(world))).rejects.toMatchObject({ code: "CRM_IAM_FORBIDDEN" });
  });

  test("a tenant of its own has roles and an owner of its own", async () => {
    await using world = await startIam();
    const first = await seed(world);
    await world.kernel.run(
      async () => {
        const second = await seed(world);
        expect(second.password).toBeDefined();
        expect(second.userId).not.toBe(first.userId);
        expect(await userOf(world, second.userId)).toMatchObject({ tenantId: "elsewhere" });
        expect((await world.kernel.bus.ask(ListRoles, {})).items).toHaveLength(builtInRoles.length);
      },
      { tenantId: "elsewhere" },
    );
  });
});
