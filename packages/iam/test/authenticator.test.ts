import { runInContext } from "@crmessenger/kernel";
import { UpdateUser, UserRepository } from "@crmessenger/kernel/iam";
import { type CollectionDefinition, Collections, UnitOfWork, everything } from "@crmessenger/kernel/infrastructure";
import { describe, expect, test } from "vitest";
import { apiKeys } from "../src/authentication/api-key-store.ts";
import { sessions } from "../src/authentication/session-store.ts";
import { signInAttempts } from "../src/authentication/sign-in-limit.ts";
import { accounts } from "../src/better-auth/accounts.ts";
import { type IamWorld, PASSWORD, startIam } from "./iam-world.ts";

const refused = { code: "CRM_IAM_UNAUTHENTICATED", status: 401 };
const WEEK_MS = 604_800_000;

/** Everything that a collection holds. */
async function stored<T extends object>(world: IamWorld, definition: CollectionDefinition<T>) {
  return (await world.kernel.get(Collections).open(definition).find(everything, { limit: 500 })).items;
}

describe("passwords", () => {
  test("sign in gives a token that tells who calls", async () => {
    await using world = await startIam();
    const role = await world.role("clerk");
    const team = await world.team("Sales");
    const user = await world.user({ password: PASSWORD, roleIds: [role.id], teamIds: [team.id] });
    const signIn = await world.authenticator.signIn({ email: user.email, password: PASSWORD });
    expect(signIn).toMatchObject({ userId: user.id, expiresAt: "2026-01-12T09:00:00.000Z" });
    expect(await world.authenticator.authenticate(signIn.token)).toEqual({
      kind: "user",
      id: user.id,
      tenantId: "default",
      roles: [role.id],
      teams: [team.id],
    });
  });

  test("addresses are compared without regard to case", async () => {
    await using world = await startIam();
    const user = await world.user({ email: "Ada@Example.org", password: PASSWORD });
    expect(user.email).toBe("ada@example.org");
    expect(await world.authenticator.signIn({ email: " ADA@example.ORG ", password: PASSWORD })).toMatchObject({
      userId: user.id,
    });
  });

  test("a wrong password and an unknown address get the same answer", async () => {
    await using world = await startIam();
    const user = await world.user({ password: PASSWORD });
    const attempt = (email: string, password: string) =>
      world.authenticator.signIn({ email, password }).then(
        () => "signed in",
        (error: unknown) => JSON.stringify(error),
      );
    const answers = new Set([
      await attempt(user.email, "wrong password"),
      await attempt("nobody@example.org", PASSWORD),
      await attempt("no address", PASSWORD),
      await attempt(user.email, ""),
      await attempt(user.email, "x".repeat(10_000)),
      await attempt((await world.user()).email, PASSWORD),
    ]);
    expect(answers.size).toBe(1);
    expect(JSON.parse([...answers][0] ?? "")).toMatchObject(refused);
  });

  test("neither tokens nor passwords are stored as they are", async () => {
    await using world = await startIam();
    const user = await world.user({ password: PASSWORD });
    const { token } = await world.authenticator.signIn({ email: user.email, password: PASSWORD });
    const { key } = await world.authenticator.createApiKey(user.id, { name: "test" });
    const everythingStored = [
      await stored(world, accounts),
      await stored(world, sessions),
      await stored(world, apiKeys),
      await stored(world, signInAttempts),
    ];
    const text = JSON.stringify(everythingStored);
    expect(text).toContain(user.id);
    for (const secret of [PASSWORD, token, key]) expect(text).not.toContain(secret);
    const history = JSON.stringify(await world.audit("user", user.id));
    expect(history).not.toContain(PASSWORD);
  });

  test("a new password ends every session and is the only one that works", async () => {
    await using world = await startIam();
    const user = await world.user({ password: PASSWORD });
    const { token } = await world.authenticator.signIn({ email: user.email, password: PASSWORD });
    await world.authenticator.setPassword(user.id, "another long password");
    await expect(world.authenticator.authenticate(token)).rejects.toMatchObject(refused);
    await expect(world.authenticator.signIn({ email: user.email, password: PASSWORD })).rejects.toMatchObject(refused);
    expect(await world.authenticator.signIn({ email: user.email, password: "another long password" })).toMatchObject({
      userId: user.id,
    });
    expect((await world.audit("user", user.id)).map(({ action }) => action)).toContain("iam.user.set-password");
  });

  test("a user who had no password gets one", async () => {
    await using world = await startIam();
    const user = await world.user();
    await world.authenticator.setPassword(user.id, PASSWORD);
    expect(await world.authenticator.signIn({ email: user.email, password: PASSWORD })).toMatchObject({
      userId: user.id,
    });
  });

  test("a password has its lengths, and its user exists", async () => {
    await using world = await startIam();
    const user = await world.user();
    for (const password of ["short", "x".repeat(201)]) {
      await expect(world.authenticator.setPassword(user.id, password)).rejects.toMatchObject({
        code: "CRM_IAM_PASSWORD_LENGTH",
        status: 422,
      });
    }
    await expect(
      world.authenticator.setPassword("00000000-0000-7000-8000-000000000001", PASSWORD),
    ).rejects.toMatchObject({ code: "CRM_IAM_USER_NOT_FOUND", status: 404 });
  });

  test("a password is part of the unit of work it is set in", async () => {
    await using world = await startIam();
    const user = await world.user({ password: PASSWORD });
    const undone = world.kernel.get(UnitOfWork).run(async () => {
      await world.authenticator.setPassword(user.id, "another long password");
      throw new Error("changed my mind");
    });
    await expect(undone).rejects.toThrow("changed my mind");
    expect(await world.authenticator.signIn({ email: user.email, password: PASSWORD })).toMatchObject({
      userId: user.id,
    });
  });
});

describe("sessions", () => {
  test("end when their time is over", async () => {
    await using world = await startIam({ options: { sessionLifetimeMs: 60_000 } });
    const user = await world.user({ password: PASSWORD });
    const { token, expiresAt } = await world.authenticator.signIn({ email: user.email, password: PASSWORD });
    expect(expiresAt).toBe("2026-01-05T09:01:00.000Z");
    await world.clock.advance(59_999);
    expect(await world.authenticator.authenticate(token)).toMatchObject({ id: user.id });
    await world.clock.advance(1);
    await expect(world.authenticator.authenticate(token)).rejects.toMatchObject(refused);
  });

  test("that have ended are forgotten when their user signs in again", async () => {
    await using world = await startIam();
    const user = await world.user({ password: PASSWORD });
    await world.authenticator.signIn({ email: user.email, password: PASSWORD });
    await world.clock.advance(WEEK_MS);
    await world.authenticator.signIn({ email: user.email, password: PASSWORD });
    expect(await stored(world, sessions)).toHaveLength(1);
  });

  test("end with signing out, others stay", async () => {
    await using world = await startIam();
    const user = await world.user({ password: PASSWORD });
    const credentials = { email: user.email, password: PASSWORD };
    const [first, second] = [
      await world.authenticator.signIn(credentials),
      await world.authenticator.signIn(credentials),
    ];
    await world.authenticator.signOut(first.token);
    await expect(world.authenticator.authenticate(first.token)).rejects.toMatchObject(refused);
    expect(await world.authenticator.authenticate(second.token)).toMatchObject({ id: user.id });
    await world.authenticator.signOut(first.token);
    await world.authenticator.signOut("never existed");
  });

  test.each(["", "x", "crm_", "crm_x", "Bearer x", "\0", "x".repeat(10_000)])("%j is nobody's token", async (token) => {
    await using world = await startIam();
    await expect(world.authenticator.authenticate(token)).rejects.toMatchObject(refused);
  });

  test("belong to their tenant", async () => {
    await using world = await startIam();
    const user = await world.user({ password: PASSWORD });
    const { token } = await world.authenticator.signIn({ email: user.email, password: PASSWORD });
    const elsewhere = <T>(work: () => Promise<T>) => runInContext({ tenantId: "elsewhere" }, work);
    await expect(elsewhere(() => world.authenticator.authenticate(token))).rejects.toMatchObject(refused);
    await expect(
      elsewhere(() => world.authenticator.signIn({ email: user.email, password: PASSWORD })),
    ).rejects.toMatchObject(refused);
  });
});

describe("inactive users", () => {
  test("lose their sessions, and their keys rest", async () => {
    await using world = await startIam();
    const user = await world.user({ password: PASSWORD });
    const credentials = { email: user.email, password: PASSWORD };
    const { token } = await world.authenticator.signIn(credentials);
    const { key } = await world.authenticator.createApiKey(user.id, { name: "test" });
    await world.kernel.bus.dispatch(UpdateUser, { id: user.id, active: false });
    await expect(world.authenticator.authenticate(token)).rejects.toMatchObject(refused);
    await expect(world.authenticator.authenticate(key)).rejects.toMatchObject(refused);
    await expect(world.authenticator.signIn(credentials)).rejects.toMatchObject(refused);
    await expect(world.authenticator.createApiKey(user.id, { name: "another" })).rejects.toMatchObject({
      code: "CRM_IAM_USER_NOT_FOUND",
    });
    await world.kernel.bus.dispatch(UpdateUser, { id: user.id, active: true });
    await expect(world.authenticator.authenticate(token)).rejects.toMatchObject(refused);
    expect(await world.authenticator.authenticate(key)).toMatchObject({ id: user.id });
    expect(await world.authenticator.signIn(credentials)).toMatchObject({ userId: user.id });
  });

  test("are refused by the storage's word, whoever changed it", async () => {
    await using world = await startIam();
    const user = await world.user({ password: PASSWORD });
    const { token } = await world.authenticator.signIn({ email: user.email, password: PASSWORD });
    const users = world.kernel.get(UserRepository);
    await users.remove(user);
    await expect(world.authenticator.authenticate(token)).rejects.toMatchObject(refused);
  });
});

describe("API keys", () => {
  test("act as their user, within their permissions", async () => {
    await using world = await startIam();
    const user = await world.user();
    const free = await world.authenticator.createApiKey(user.id, { name: "free" });
    const limited = await world.authenticator.createApiKey(user.id, {
      name: "limited",
      permissions: ["sales.lead.read"],
    });
    expect(free.key).toMatch(/^crm_[\w-]{43}$/);
    expect(await world.authenticator.authenticate(free.key)).not.toHaveProperty("permissions");
    expect(await world.authenticator.authenticate(limited.key)).toMatchObject({
      id: user.id,
      permissions: ["sales.lead.read"],
    });
    expect(await world.audit("api-key", limited.id)).toMatchObject([
      { action: "iam.api-key.create", changes: { name: { to: "limited" } } },
    ]);
  });

  test("end when they are revoked, and when their time is over", async () => {
    await using world = await startIam();
    const user = await world.user();
    const revoked = await world.authenticator.createApiKey(user.id, { name: "revoked" });
    const brief = await world.authenticator.createApiKey(user.id, {
      name: "brief",
      expiresAt: "2026-01-05T10:00:00.000Z",
    });
    await world.authenticator.revokeApiKey(revoked.id);
    await world.authenticator.revokeApiKey(revoked.id);
    await expect(world.authenticator.authenticate(revoked.key)).rejects.toMatchObject(refused);
    expect(await world.authenticator.authenticate(brief.key)).toMatchObject({ id: user.id });
    await world.clock.advance(3_600_000);
    await expect(world.authenticator.authenticate(brief.key)).rejects.toMatchObject(refused);
    expect((await world.audit("api-key", revoked.id)).map(({ action }) => action)).toEqual([
      "iam.api-key.revoke",
      "iam.api-key.create",
    ]);
  });

  test("need a user, and a future", async () => {
    await using world = await startIam();
    const user = await world.user();
    await expect(
      world.authenticator.createApiKey("00000000-0000-7000-8000-000000000001", { name: "x" }),
    ).rejects.toMatchObject({ code: "CRM_IAM_USER_NOT_FOUND", status: 404 });
    await expect(
      world.authenticator.createApiKey(user.id, { name: "x", expiresAt: "2026-01-05T09:00:00.000Z" }),
    ).rejects.toMatchObject({
      code: "CRM_IAM_API_KEY_EXPIRED",
      status: 422,
    });
  });
});

describe("guessing", () => {
  const guess = (world: IamWorld, email: string, password = "wrong password") =>
    world.authenticator.signIn({ email, password }).catch((error: unknown) => error);

  test("costs more and more time, for the right password too", async () => {
    await using world = await startIam();
    const user = await world.user({ password: PASSWORD });
    for (let attempt = 0; attempt < 5; attempt += 1) expect(await guess(world, user.email)).toMatchObject(refused);
    const slow = { code: "CRM_IAM_TOO_MANY_ATTEMPTS", status: 429, retryable: true };
    expect(await guess(world, user.email)).toMatchObject({ ...slow, retryAfterMs: 1_000 });
    expect(await guess(world, user.email, PASSWORD)).toMatchObject(slow);
    await world.clock.advance(1_000);
    expect(await guess(world, user.email)).toMatchObject(refused);
    expect(await guess(world, user.email)).toMatchObject({ ...slow, retryAfterMs: 2_000 });
    await world.clock.advance(2_000);
    expect(await guess(world, user.email, PASSWORD)).toMatchObject({ userId: user.id });
    expect(await guess(world, user.email)).toMatchObject(refused);
  });

  test("tells nothing about who exists, and harms nobody else", async () => {
    await using world = await startIam();
    const user = await world.user({ password: PASSWORD });
    for (let attempt = 0; attempt < 5; attempt += 1) await guess(world, "nobody@example.org");
    expect(await guess(world, "Nobody@example.org")).toMatchObject({ code: "CRM_IAM_TOO_MANY_ATTEMPTS" });
    expect(await guess(world, user.email, PASSWORD)).toMatchObject({ userId: user.id });
  });

  test("many at once gets no further than one after the other", async () => {
    await using world = await startIam();
    const user = await world.user({ password: PASSWORD });
    const answers = await Promise.all(Array.from({ length: 12 }, () => guess(world, user.email)));
    const codes = answers.map((answer) => (answer as { code: string }).code);
    expect(codes.filter((code) => code === "CRM_IAM_UNAUTHENTICATED")).toHaveLength(5);
    expect(codes.filter((code) => code === "CRM_IAM_TOO_MANY_ATTEMPTS")).toHaveLength(7);
  });

  test("is forgotten after an hour, and leaves nothing behind", async () => {
    await using world = await startIam();
    for (const name of ["a", "b", "c"]) await guess(world, `${name}@example.org`);
    expect(await stored(world, signInAttempts)).toHaveLength(3);
    await world.clock.advance(3_600_001);
    await guess(world, "d@example.org");
    expect(await stored(world, signInAttempts)).toHaveLength(1);
  });
});
