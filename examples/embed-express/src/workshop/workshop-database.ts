import { randomBytes, randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

export type Job = "boss" | "mechanic";

/** Somebody who works here. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly job: Job;
}

/** A bicycle that is to be repaired. */
export interface Repair {
  readonly id: string;
  readonly customer: string;
  readonly bicycle: string;
  readonly takenBy: string;
  /** CRMessenger's lead; null until it is registered there. */
  readonly leadId: string | null;
}

const REPAIR = "id, customer, bicycle, taken_by as takenBy, lead_id as leadId";

/** The workshop's own database: an SQLite file, as it was before. */
export class WorkshopDatabase {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(`
      create table if not exists people (id text primary key, name text not null, job text not null, token text not null unique);
      create table if not exists repairs (
        id text primary key, customer text not null, bicycle text not null, taken_by text not null references people,
        lead_id text
      );
    `);
  }

  /** Answers the token that the person calls with. */
  hire(name: string, job: Job): string {
    const token = randomBytes(24).toString("base64url");
    this.#database.prepare("insert into people values (?, ?, ?, ?)").run(randomUUID(), name, job, token);
    return token;
  }

  fire(token: string): void {
    this.#database.prepare("update people set token = 'gone-' || id where token = ?").run(token);
  }

  personBy(token: string | undefined): Person | undefined {
    return this.#database.prepare("select id, name, job from people where token = ?").get(token ?? "") as
      | Person
      | undefined;
  }

  person(id: string): Person | undefined {
    return this.#database.prepare("select id, name, job from people where id = ?").get(id) as Person | undefined;
  }

  takeIn(repair: Pick<Repair, "customer" | "bicycle" | "takenBy">): Repair {
    const id = randomUUID();
    const { customer, bicycle, takenBy } = repair;
    this.#database.prepare("insert into repairs values (?, ?, ?, ?, null)").run(id, customer, bicycle, takenBy);
    return { id, ...repair, leadId: null };
  }

  registered(id: string, leadId: string): void {
    this.#database.prepare("update repairs set lead_id = ? where id = ?").run(leadId, id);
  }

  repairs(): readonly Repair[] {
    return this.#database.prepare(`select ${REPAIR} from repairs order by rowid`).all() as unknown as Repair[];
  }

  unregistered(): readonly Repair[] {
    return this.repairs().filter(({ leadId }) => leadId === null);
  }

  close(): void {
    this.#database.close();
  }
}
