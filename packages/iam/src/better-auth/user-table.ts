import type { User, UserRepository } from "@crmessenger/kernel/iam";
import { and, where } from "@crmessenger/kernel/infrastructure";
import type { CleanedWhere } from "@better-auth/core/db/adapter";
import type { Row, Table } from "./table.ts";
import { toCriteria } from "./to-criteria.ts";

/**
 * Our users as better-auth's: it reads them, and only the active ones, so that an inactive user is refused exactly as
 * one that does not exist. They are changed by commands alone.
 */
export class UserTable implements Table {
  readonly #users: UserRepository;

  constructor(users: UserRepository) {
    this.#users = users;
  }

  async select(clauses: readonly CleanedWhere[]): Promise<readonly Row[]> {
    const found = await this.#users.find(and(where<User>("active").eq(true), toCriteria(clauses)), { limit: 2 });
    return found.items.map(({ id, email, name, createdAt, updatedAt }) => ({
      id,
      email,
      name,
      emailVerified: true,
      image: null,
      createdAt,
      updatedAt,
    }));
  }

  insert(): Promise<Row> {
    return Promise.reject(readOnly());
  }

  update(): Promise<readonly Row[]> {
    return Promise.reject(readOnly());
  }

  delete(): Promise<number> {
    return Promise.reject(readOnly());
  }
}

function readOnly(): TypeError {
  return new TypeError("better-auth may not change users: dispatch CreateUser or UpdateUser.");
}
