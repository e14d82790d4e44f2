import { randomBytes } from "node:crypto";

const KEY_BYTES = 32;

/** `.env` from `.env.example`, with a key of its own for the secrets in the database. */
export function environmentFile(example: string): string {
  return example.replace(
    /^#? ?CRMESSENGER_SECRET_KEY=.*$/m,
    `CRMESSENGER_SECRET_KEY=${randomBytes(KEY_BYTES).toString("base64")}`,
  );
}
