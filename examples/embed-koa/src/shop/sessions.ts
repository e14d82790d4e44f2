import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Pool } from "pg";
import type { Staff } from "./staff.ts";

export const SESSION_COOKIE = "shop_session";

/** Who is signed in, by a token that their browser keeps in a cookie. */
export class Sessions {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Answers the token. */
  async begin({ id }: Staff): Promise<string> {
    const token = randomBytes(32).toString("base64url");
    await this.#pool.query("insert into shop.sessions (token_hash, staff_id) values ($1, $2)", [hash(token), id]);
    return token;
  }

  async end(token: string): Promise<void> {
    await this.#pool.query("delete from shop.sessions where token_hash = $1", [hash(token)]);
  }

  async staffBy(token: string | undefined): Promise<Staff | undefined> {
    if (token === undefined) return undefined;
    const { rows } = await this.#pool.query<Staff>(
      `select staff.id, email, name, role from shop.sessions join shop.staff on staff.id = staff_id
       where token_hash = $1 and sessions.created_at > now() - interval '12 hours'`,
      [hash(token)],
    );
    return rows[0];
  }
}

/** The token that a browser sent. */
export function sessionToken({ headers }: IncomingMessage): string | undefined {
  return new RegExp(`(?:^|; *)${SESSION_COOKIE}=([\\w-]+)`).exec(headers.cookie ?? "")?.[1];
}

function hash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
