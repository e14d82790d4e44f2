import { CrmError } from "@crmessenger/kernel";
import type { Idempotency, IdempotencyClaim, Json } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../state/database.ts";
import { frozenCopy } from "../state/frozen-copy.ts";
import { Table, keyOf } from "../state/table.ts";
import { View } from "../state/view.ts";

interface Row {
  readonly inputHash: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Absent until the command has answered. */
  readonly answer?: { readonly output: Json };
}

const KEPT_MS = 7 * 24 * 3_600_000;

/** Answers of commands, in a table. */
export class MemoryIdempotency implements Idempotency {
  readonly #database: Database;
  readonly #rows = new Table<Row>("idempotency keys", []);

  constructor(database: Database) {
    this.#database = database;
  }

  async claim(claim: IdempotencyClaim): Promise<{ readonly output: Json } | undefined> {
    const unit = this.#database.required("An idempotency key");
    await unit.lock();
    const row = new View(unit).get(this.#rows, primaryOf(claim));
    const known = row && row.expiresAt > this.#database.clock.now() ? row : undefined;
    if (known && known.inputHash !== claim.inputHash) {
      throw new CrmError(
        "CRM_IDEMPOTENCY_MISMATCH",
        `The idempotency key "${claim.key}" was used for ${claim.operation} with another input: use a new key.`,
        { status: 422, details: { operation: claim.operation, key: claim.key } },
      );
    }
    if (known?.answer) return known.answer;
    unit.write(this.#rows, primaryOf(claim), {
      inputHash: claim.inputHash,
      expiresAt: this.#database.clock.now() + KEPT_MS,
    });
    return undefined;
  }

  async complete(claim: IdempotencyClaim, output: Json): Promise<void> {
    const unit = this.#database.required("An idempotency key");
    await unit.lock();
    const expiresAt = this.#database.clock.now() + KEPT_MS;
    unit.write(this.#rows, primaryOf(claim), frozenCopy({ inputHash: claim.inputHash, expiresAt, answer: { output } }));
  }
}

function primaryOf({ tenantId, actor, operation, key }: IdempotencyClaim): string {
  return keyOf(tenantId, actor, operation, key);
}
