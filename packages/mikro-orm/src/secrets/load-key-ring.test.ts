import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadKeyRing } from "./load-key-ring.ts";

const place = { tenantId: "default", namespace: "telegram/1", key: "session" };
const [first, second] = [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "crmessenger-keys-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "data");
}

test("reads one key or several from the environment", async () => {
  const old = await loadKeyRing({ environment: first, directory: "none" });
  const sealed = old.seal(Buffer.from("secret"), place);
  const ring = await loadKeyRing({ environment: ` ${second}, ${first}`, directory: "none" });
  expect(ring.size).toBe(2);
  expect(Buffer.from(ring.open(sealed, place)).toString()).toBe("secret");
});

test("refuses a malformed key, and says which", async () => {
  for (const malformed of ["short", `${first},not base64!`, `${first},`, randomBytes(31).toString("base64")]) {
    await expect(loadKeyRing({ environment: malformed, directory: "none" })).rejects.toMatchObject({
      code: "CRM_SECRETS_KEY",
      message: expect.stringMatching(/^Key [12] in CRMESSENGER_SECRET_KEY/),
    });
  }
});

test("asks for a key for a server's database", async () => {
  await expect(loadKeyRing({ environment: undefined, directory: "none" })).rejects.toMatchObject({
    code: "CRM_SECRETS_KEY",
    message: expect.stringContaining("Set CRMESSENGER_SECRET_KEY"),
  });
  await expect(loadKeyRing({ environment: " ", directory: "none" })).rejects.toMatchObject({ code: "CRM_SECRETS_KEY" });
});

test("makes a key for an embedded database, for this user alone, and finds it again", async () => {
  const directory = await newDirectory();
  const rings = await Promise.all(Array.from({ length: 5 }, () => loadKeyRing({ environment: undefined, directory })));
  const again = await loadKeyRing({ environment: undefined, directory });
  expect(new Set(rings.map(({ currentKeyId }) => currentKeyId))).toEqual(new Set([again.currentKeyId]));
  expect(await readdir(directory)).toEqual(["secret.key"]);
  expect((await stat(join(directory, "secret.key"))).mode & 0o777).toBe(0o600);
});

test("prefers the environment to the file", async () => {
  const directory = await newDirectory();
  const made = await loadKeyRing({ environment: undefined, directory });
  expect((await loadKeyRing({ environment: first, directory })).currentKeyId).not.toBe(made.currentKeyId);
});

test("does not replace a damaged key file", async () => {
  const directory = await newDirectory();
  await loadKeyRing({ environment: undefined, directory });
  await writeFile(join(directory, "secret.key"), "damaged");
  await expect(loadKeyRing({ environment: undefined, directory })).rejects.toMatchObject({
    code: "CRM_SECRETS_KEY",
    message: expect.stringContaining("damaged"),
  });
  expect(await readFile(join(directory, "secret.key"), "utf8")).toBe("damaged");
});

test("needs no key to keep for a database in memory", async () => {
  const ring = await loadKeyRing({ environment: undefined, directory: undefined });
  expect(Buffer.from(ring.open(ring.seal(Buffer.from("secret"), place), place)).toString()).toBe("secret");
});
