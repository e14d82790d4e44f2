import { randomBytes, randomUUID, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { Pool } from "pg";

export type StaffRole = "owner" | "sales" | "barista";

/** Somebody who works in the shop. */
export interface Staff {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: StaffRole;
}

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>;
const KEY_BYTES = 32;

/** The shop's people and their passwords. */
export class StaffList {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async isEmpty(): Promise<boolean> {
    return (await this.#pool.query("select from shop.staff limit 1")).rowCount === 0;
  }

  async add(person: Omit<Staff, "id">, password: string): Promise<Staff> {
    const staff = { id: randomUUID(), ...person };
    const salt = randomBytes(16);
    await this.#pool.query(
      "insert into shop.staff (id, email, name, role, salt, password) values ($1, $2, $3, $4, $5, $6)",
      [staff.id, staff.email, staff.name, staff.role, salt, await derive(password, salt, KEY_BYTES)],
    );
    return staff;
  }

  /** Who has this address and this password. */
  async find(email: string, password: string): Promise<Staff | undefined> {
    const { rows } = await this.#pool.query<Staff & { salt: Buffer; password: Buffer }>(
      "select id, email, name, role, salt, password from shop.staff where email = $1",
      [email],
    );
    const { salt, password: stored, ...staff } = rows[0] ?? { salt: randomBytes(16), password: randomBytes(KEY_BYTES) };
    const matches = timingSafeEqual(await derive(password, salt, KEY_BYTES), stored);
    return matches && "id" in staff ? staff : undefined;
  }
}
