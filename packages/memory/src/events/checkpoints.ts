import { CrmError } from "@crmessenger/kernel";
import type { Database } from "../state/database.ts";
import { Table, keyOf } from "../state/table.ts";
import type { Unit } from "../state/unit.ts";
import { View } from "../state/view.ts";

interface Checkpoint {
  readonly position: number;
}

/** An event that failed too often, and why. */
export interface DeadLetter {
  readonly subscription: string;
  readonly position: number;
  readonly error: string;
  readonly at: string;
}

/** How far each subscription is, and what it had to put aside. */
export class Checkpoints {
  readonly #database: Database;
  readonly #positions = new Table<Checkpoint>("checkpoints", []);
  readonly #deadLetters = new Table<DeadLetter>("dead letters", [
    { name: "subscription", unique: false, keys: ({ subscription }) => [subscription] },
  ]);

  constructor(database: Database) {
    this.#database = database;
  }

  /** The position after which a subscription goes on: the last committed one. */
  position(name: string): number | undefined {
    return new View(undefined).get(this.#positions, name)?.position;
  }

  /** Sets the checkpoint of a subscription that has none. */
  begin(name: string, position: number): Promise<void> {
    return this.#database.write((unit) => {
      if (!new View(unit).get(this.#positions, name)) unit.write(this.#positions, name, { position });
    });
  }

  /** Moves the checkpoint in a unit that holds the lock; answers whether it was still where it should be. */
  move(unit: Unit, name: string, { from, to }: { readonly from: number; readonly to: number }): boolean {
    if (new View(unit).get(this.#positions, name)?.position !== from) return false;
    unit.write(this.#positions, name, { position: to });
    return true;
  }

  reset(name: string, position: number): Promise<void> {
    return this.#database.write((unit) => {
      if (!new View(unit).get(this.#positions, name)) {
        throw new CrmError("CRM_EVENT_UNKNOWN_SUBSCRIPTION", `There is no subscription "${name}" to replay.`, {
          status: 404,
          details: { name },
        });
      }
      unit.write(this.#positions, name, { position });
    });
  }

  addDeadLetter(unit: Unit, letter: DeadLetter): void {
    unit.write(this.#deadLetters, keyOf(letter.subscription, letter.position), letter);
  }

  deadLetters(name: string): readonly DeadLetter[] {
    return [...new View(undefined).lookup(this.#deadLetters, "subscription", name)];
  }
}
