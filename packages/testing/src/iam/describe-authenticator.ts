import { isCrmError, runInContext } from "@crmessenger/kernel";
import { Authenticator, UpdateUser } from "@crmessenger/kernel/iam";
import { Clock } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { type IamHarness, type IamSuite, type IamWorld, describeIam } from "./iam-harness.ts";

/** What every Authenticator promises. */
export function describeAuthenticator(harness: IamHarness): void {
  describeIam(harness, "Authenticator", (suite) => {
    passwords(suite);
    sessions(suite);
    apiKeys(suite);
  });
}

const PASSWORD = "correct horse battery staple";
const REFUSED = { code: "CRM_IAM_UNAUTHENTICATED", status: 401 };

const authenticator = (world: IamWorld) => world.kernel.get(Authenticator);

function passwords({ test }: IamSuite): void {
  test("signs in with the right password and knows the caller afterwards", async (world) => {
    const role = await world.role({ permission: "sales.*", scope: "own" });
    const team = await world.team("Sales");
    const user = await world.user({ password: PASSWORD, roleIds: [role.id], teamIds: [team.id] });
    const signedIn = await authenticator(world).signIn({ email: user.email, password: PASSWORD });
    expect(signedIn).toMatchObject({ userId: user.id, token: expect.stringMatching(/^\S{20,}$/) });
    expect(Date.parse(signedIn.expiresAt)).toBeGreaterThan(world.kernel.get(Clock).now());
    expect(await authenticator(world).authenticate(signedIn.token)).toEqual({
      kind: "user",
      id: user.id,
      tenantId: world.tenantId,
      roles: [role.id],
      teams: [team.id],
    });
  });

  test("says the same of a wrong password, an unknown address and a user without a password", async (world) => {
    const [user, without] = [await world.user({ password: PASSWORD }), await world.user()];
    const attempts = [
      { email: user.email, password: "wrong horse battery staple" },
      { email: user.email, password: "" },
      { email: `${world.unique("nobody")}@example.com`, password: PASSWORD },
      { email: without.email, password: PASSWORD },
    ];
    const answers = new Set<string>();
    for (const attempt of attempts) {
      const refusal: unknown = await authenticator(world)
        .signIn(attempt)
        .catch((error: unknown) => error);
      expect(refusal).toMatchObject(REFUSED);
      if (isCrmError(refusal)) answers.add(refusal.message);
    }
    expect(answers.size).toBe(1);
  });

  test("slows repeated failures for one address down and leaves other addresses alone", async (world) => {
    const [user, other] = [await world.user({ password: PASSWORD }), await world.user({ password: PASSWORD })];
    const guess = () =>
      authenticator(world)
        .signIn({ email: user.email, password: "wrong horse battery staple" })
        .catch((error: unknown) => error);
    let answer: unknown = await guess();
    for (let times = 0; times < 30 && isCrmError(answer, REFUSED.code); times += 1) answer = await guess();
    expect(answer).toMatchObject({ code: "CRM_IAM_TOO_MANY_ATTEMPTS", status: 429, retryAfterMs: expect.any(Number) });
    expect(await authenticator(world).signIn({ email: other.email, password: PASSWORD })).toMatchObject({
      userId: other.id,
    });
  });

  test("replaces a password: the old one and the sessions it began are over", async (world) => {
    const user = await world.user({ password: PASSWORD });
    const { token } = await authenticator(world).signIn({ email: user.email, password: PASSWORD });
    await authenticator(world).setPassword(user.id, "another horse entirely");
    await expect(authenticator(world).authenticate(token)).rejects.toMatchObject(REFUSED);
    await expect(authenticator(world).signIn({ email: user.email, password: PASSWORD })).rejects.toMatchObject(REFUSED);
    expect(await authenticator(world).signIn({ email: user.email, password: "another horse entirely" })).toMatchObject({
      userId: user.id,
    });
  });
}

function sessions({ test }: IamSuite): void {
  test("ends the session that is signed out, and no other", async (world) => {
    const user = await world.user({ password: PASSWORD });
    const credentials = { email: user.email, password: PASSWORD };
    const [one, other] = [
      await authenticator(world).signIn(credentials),
      await authenticator(world).signIn(credentials),
    ];
    expect(one.token).not.toBe(other.token);
    await authenticator(world).signOut(one.token);
    await authenticator(world).signOut(one.token);
    await authenticator(world).signOut("never-was-a-token");
    await expect(authenticator(world).authenticate(one.token)).rejects.toMatchObject(REFUSED);
    expect(await authenticator(world).authenticate(other.token)).toMatchObject({ id: user.id });
  });

  test("refuses what is no token", async (world) => {
    for (const token of ["", "x", "null", "Bearer x", "\u0000", "0".repeat(5_000)])
      await expect(authenticator(world).authenticate(token)).rejects.toMatchObject(REFUSED);
  });

  test("ends everything of a user who is made inactive", async (world) => {
    const user = await world.user({ password: PASSWORD });
    const { token } = await authenticator(world).signIn({ email: user.email, password: PASSWORD });
    const { key } = await authenticator(world).createApiKey(user.id, { name: "a script" });
    await world.kernel.bus.dispatch(UpdateUser, { id: user.id, active: false });
    for (const credential of [token, key])
      await expect(authenticator(world).authenticate(credential)).rejects.toMatchObject(REFUSED);
    await expect(authenticator(world).signIn({ email: user.email, password: PASSWORD })).rejects.toMatchObject(REFUSED);
  });

  test("knows nobody of another tenant", async (world) => {
    const user = await world.user({ password: PASSWORD });
    const { token } = await authenticator(world).signIn({ email: user.email, password: PASSWORD });
    await runInContext({ tenantId: world.unique("tenant") }, async () => {
      await expect(authenticator(world).authenticate(token)).rejects.toMatchObject(REFUSED);
      await expect(authenticator(world).signIn({ email: user.email, password: PASSWORD })).rejects.toMatchObject(
        REFUSED,
      );
    });
  });
}

function apiKeys({ test }: IamSuite): void {
  test("makes keys that act as the user, all of it or limited", async (world) => {
    const user = await world.user();
    const [full, limited] = [
      await authenticator(world).createApiKey(user.id, { name: "full" }),
      await authenticator(world).createApiKey(user.id, { name: "limited", permissions: ["sales.lead.read"] }),
    ];
    expect(full.key).not.toBe(limited.key);
    expect(await authenticator(world).authenticate(full.key)).toEqual({
      kind: "user",
      id: user.id,
      tenantId: world.tenantId,
      roles: [],
      teams: [],
    });
    expect(await authenticator(world).authenticate(limited.key)).toMatchObject({
      id: user.id,
      permissions: ["sales.lead.read"],
    });
  });

  test("ends a key that is revoked, and no other", async (world) => {
    const user = await world.user();
    const [one, other] = [
      await authenticator(world).createApiKey(user.id, { name: "one" }),
      await authenticator(world).createApiKey(user.id, { name: "other" }),
    ];
    await authenticator(world).revokeApiKey(one.id);
    await expect(authenticator(world).authenticate(one.key)).rejects.toMatchObject(REFUSED);
    expect(await authenticator(world).authenticate(other.key)).toMatchObject({ id: user.id });
  });

  test("takes a key no more once its time is over", async (world) => {
    const user = await world.user();
    const clock = world.kernel.get(Clock);
    const expiresAt = new Date(clock.now() + 150).toISOString();
    const { key } = await authenticator(world).createApiKey(user.id, { name: "short", expiresAt });
    await clock.sleep(Date.parse(expiresAt) - clock.now() + 1);
    await expect(authenticator(world).authenticate(key)).rejects.toMatchObject(REFUSED);
  });
}
