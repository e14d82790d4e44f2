import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { CrmError } from "@crmessenger/kernel";
import { KeyRing } from "./key-ring.ts";

export interface KeySource {
  /** CRMESSENGER_SECRET_KEY: one or more keys of 32 bytes in base64, separated by commas; the first encrypts. */
  readonly environment: string | undefined;
  /**
   * Where the embedded database lives. Without a key in the environment, one is made there, for this user only. Absent
   * for a database in memory, whose secrets end with it, and `"none"` for a server.
   */
  readonly directory: string | undefined | "none";
}

const FILE = "secret.key";
const KEY_BYTES = 32;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
const HOW_TO_MAKE_ONE = "Make one with: openssl rand -base64 32";

/** Finds the keys for secrets, or rejects with `CRM_SECRETS_KEY` saying what to set. */
export async function loadKeyRing({ environment, directory }: KeySource): Promise<KeyRing> {
  if (environment !== undefined && environment.trim() !== "") return new KeyRing(environment.split(",").map(decode));
  if (directory === undefined) return new KeyRing([randomBytes(KEY_BYTES)]);
  if (directory === "none") {
    throw new CrmError(
      "CRM_SECRETS_KEY",
      `Set CRMESSENGER_SECRET_KEY to a key for the secrets in the database, the same for all its processes. ${HOW_TO_MAKE_ONE}`,
    );
  }
  return new KeyRing([await fromFile(directory)]);
}

function decode(text: string, index: number): Uint8Array {
  const key = Buffer.from(text.trim(), "base64");
  if (BASE64.test(text.trim()) && key.length === KEY_BYTES) return key;
  throw new CrmError(
    "CRM_SECRETS_KEY",
    `Key ${index + 1} in CRMESSENGER_SECRET_KEY is not ${KEY_BYTES} bytes in base64. ${HOW_TO_MAKE_ONE}`,
  );
}

async function fromFile(directory: string): Promise<Uint8Array> {
  const path = join(directory, FILE);
  await mkdir(directory, { recursive: true });
  const text = (await read(path)) ?? (await create(path));
  const key = Buffer.from(text, "base64");
  if (BASE64.test(text) && key.length === KEY_BYTES) return key;
  throw new CrmError(
    "CRM_SECRETS_KEY",
    `The key in ${path} is damaged. Restore the file from a backup; without it the stored secrets can't be read.`,
    { details: { path } },
  );
}

async function read(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The file appears with the key in it, or not at all, whatever dies meanwhile; the first of two wins. */
async function create(path: string): Promise<string> {
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(`${randomBytes(KEY_BYTES).toString("base64")}\n`);
    await file.sync(); // what is sealed with it must not outlive it
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
  return (await read(path)) ?? "";
}
