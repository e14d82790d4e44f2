import { CrmError, type ExecutionContext, executionContext } from "@crmessenger/kernel";
import type { QueryResult, Row } from "./database.ts";
import type { Session, Statement } from "./session.ts";
import { isConnectionLoss } from "./translate-error.ts";

/** An effect for after the commit, with the context it was registered in. */
export interface Effect {
  readonly context: ExecutionContext;
  readonly run: () => void | Promise<void>;
}

type State = "open" | "closing" | "closed";

const BEGIN: Statement = { sql: "begin isolation level read committed", parameters: [] };
const COMMIT: Statement = { sql: "commit", parameters: [] };
const ROLLBACK: Statement = { sql: "rollback", parameters: [] };
const READS = /^\s*select\b/i;

/** How long a rollback may take before the connection is given up instead. */
const ROLLBACK_LIMIT_MS = 5_000;

/**
 * One open unit of work. It takes a connection with its first statement and is closed for good when it ends; a
 * statement that fails dooms it, since PostgreSQL ignores whatever follows in that transaction.
 */
export class OpenUnit {
  readonly id: string;
  /** Whose statements may come: the database that opened the unit. */
  readonly owner: object;
  readonly #acquire: () => Promise<Session>;
  readonly #controller = new AbortController();
  readonly #flushes = new Map<object, () => Promise<void>>();
  readonly #effects: Effect[] = [];
  readonly #belongings = new Map<object, unknown>();
  #session: Promise<Session> | undefined;
  #state: State = "open";
  #failure: CrmError | undefined;
  #expiry: CrmError | undefined;
  /** The way back of the connection, once the unit is undone. */
  #undoing: Promise<void> | undefined;
  #writes = 0;

  constructor(owner: object, id: string, acquire: () => Promise<Session>) {
    this.owner = owner;
    this.id = id;
    this.#acquire = acquire;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isOpen(): boolean {
    return this.#state !== "closed";
  }

  /** Why it was ended from outside. */
  get expiry(): CrmError | undefined {
    return this.#expiry;
  }

  /** Statements so far that may have changed something. */
  get writes(): number {
    return this.#writes;
  }

  async query<R extends Row>(statement: Statement): Promise<QueryResult<R>> {
    this.assertOpen();
    if (this.#failure) throw this.#failure;
    if (!READS.test(statement.sql)) this.#writes += 1;
    const session = await (this.#session ??= this.#begin());
    this.assertOpen();
    return this.#send<R>(session, statement);
  }

  /** Goes back to a savepoint: what failed after it no longer matters. */
  async recover(statement: Statement): Promise<void> {
    this.assertOpen();
    const session = await (this.#session as Promise<Session>);
    await session.query(statement);
    this.#failure = undefined;
  }

  /** Something that lives as long as the unit, made at the first call. */
  own<T>(key: object, create: () => T): T {
    this.assertOpen();
    if (!this.#belongings.has(key)) this.#belongings.set(key, create());
    return this.#belongings.get(key) as T;
  }

  beforeCommit(key: object, flush: () => Promise<void>): void {
    this.assertOpen();
    if (!this.#flushes.has(key)) this.#flushes.set(key, flush);
  }

  afterCommit(run: () => void | Promise<void>): void {
    this.assertOpen();
    const { unitOfWork: _, ...context } = executionContext();
    this.#effects.push({ context, run });
  }

  /** Makes the commit impossible: whoever swallows the reason still can't keep half of the work. */
  doom(reason: CrmError): void {
    this.#failure ??= reason;
  }

  /** Writes what is buffered and commits. Answers the effects that are due now. */
  async commit(): Promise<readonly Effect[]> {
    await this.#flush();
    this.assertOpen();
    if (this.#failure) throw this.#failure;
    this.#state = "closing";
    if (this.#session) await this.#commit(await this.#session);
    this.#close(closed(this.id));
    return this.#effects;
  }

  async rollback(): Promise<void> {
    if (this.#state !== "closed") {
      this.#close(closed(this.id));
      this.#undoing = this.#giveBack();
    }
    await this.#undoing;
  }

  /** Ends the unit from outside, even while a statement hangs. Answers false when its commit is already on its way. */
  async expire(reason: CrmError): Promise<boolean> {
    if (this.#state !== "open") return false;
    this.#expiry = reason;
    this.#close(reason);
    this.#undoing = this.#giveBack((session) => session.interrupt());
    await this.#undoing;
    return true;
  }

  async #begin(): Promise<Session> {
    const session = await this.#acquire();
    // Not awaited: the first statement travels with it, and fails with it.
    session.query(BEGIN).catch((error: CrmError) => this.doom(error));
    return session;
  }

  async #send<R extends Row>(session: Session, statement: Statement): Promise<QueryResult<R>> {
    try {
      return await session.query<R>(statement);
    } catch (error) {
      this.#failure ??= error as CrmError;
      throw this.#failure;
    }
  }

  /** Buffers may fill others while they are written. Those of one round are sent together. */
  async #flush(): Promise<void> {
    while (this.#flushes.size > 0 && !this.#failure) {
      const round = [...this.#flushes.values()];
      this.#flushes.clear();
      await Promise.all(round.map((flush) => flush()));
    }
  }

  async #commit(session: Session): Promise<void> {
    try {
      const { command } = await session.query(COMMIT);
      if (command !== "COMMIT") throw this.#failure ?? aborted();
      session.release();
    } catch (error) {
      session.release(isConnectionLoss(error));
      this.#close(closed(this.id));
      throw isConnectionLoss(error) ? outcomeUnknown(error) : error;
    }
  }

  async #giveBack(before?: (session: Session) => Promise<void>): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    if (!session) return;
    await before?.(session).catch(() => {}); // the rollback notices a connection that is gone
    session.release(!(await this.#undo(session)));
  }

  /** Answers whether the connection can be used again. */
  async #undo(session: Session): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ROLLBACK_LIMIT_MS);
    });
    const undone = session.query(ROLLBACK).then(
      () => true,
      () => false,
    );
    try {
      return await Promise.race([undone, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #close(reason: CrmError): void {
    this.#state = "closed";
    this.#flushes.clear();
    this.#controller.abort(reason);
  }

  assertOpen(): void {
    if (this.#state !== "open") throw closed(this.id);
  }
}

function closed(id: string): CrmError {
  return new CrmError(
    "CRM_UOW_CLOSED",
    "This unit of work has ended. Await everything that belongs to it before its work resolves.",
    { details: { unitOfWork: id } },
  );
}

function aborted(): CrmError {
  return new CrmError("CRM_STORAGE_FAILED", "The database rolled the transaction back instead of committing it.");
}

function outcomeUnknown(cause: unknown): CrmError {
  return new CrmError(
    "CRM_UOW_OUTCOME_UNKNOWN",
    "The connection broke during the commit: the work may or may not be stored. Look before doing it again.",
    { status: 503, cause },
  );
}
