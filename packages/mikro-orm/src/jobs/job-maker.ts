import { CrmError } from "@crmessenger/kernel";
import type { Clock, EnqueueOptions, Ids, JobDefinition, Json } from "@crmessenger/kernel/infrastructure";
import type { NewJob } from "./job-store.ts";
import { singletonKeyOf, ticketFor } from "./job-ticket.ts";

/** What pg-boss allows: it writes names into its statements. */
const NAME = /^[\w./-]+$/;

/** Makes jobs of what is to be enqueued, on behalf of whoever asks. */
export class JobMaker {
  readonly #clock: Clock;
  readonly #ids: Ids;
  #lastMicroseconds = 0;

  constructor({ clock, ids }: { readonly clock: Clock; readonly ids: Ids }) {
    this.#clock = clock;
    this.#ids = ids;
  }

  make(definition: JobDefinition, data: Json, { key, runAt }: EnqueueOptions): NewJob {
    const { name } = definition;
    if (!NAME.test(name))
      throw new CrmError(
        "CRM_JOB_NAME",
        `"${name}" can't name a kind of job: use letters, digits and the characters _ - . /`,
        { details: { job: name } },
      );
    check(definition, data);
    const time = runAt === undefined ? undefined : new Date(runAt);
    if (time && Number.isNaN(time.getTime()))
      throw new CrmError("CRM_JOB_RUN_AT", `"${runAt}" is no time to run a job ${name} at: use RFC 3339.`, {
        status: 422,
        details: { job: name, runAt },
      });
    const id = this.#ids.next();
    const ticket = ticketFor(data, key);
    return {
      id,
      name,
      ticket,
      singletonKey: singletonKeyOf(ticket, id),
      createdOn: this.#nextMoment(),
      ...(time ? { runAt: time.toISOString() } : {}),
    };
  }

  /**
   * Jobs run in the order of their creation times. The database's clock would give all jobs of one transaction the
   * same one, and PGlite all of one millisecond.
   */
  #nextMoment(): string {
    this.#lastMicroseconds = Math.max(this.#lastMicroseconds + 1, this.#clock.now() * 1_000);
    const milliseconds = Math.floor(this.#lastMicroseconds / 1_000);
    const rest = String(this.#lastMicroseconds % 1_000).padStart(3, "0");
    return new Date(milliseconds).toISOString().replace("Z", `${rest}Z`);
  }
}

function check({ name, data: schema }: JobDefinition, data: Json): void {
  const parsed = schema.safeParse(data);
  if (parsed.success) return;
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new CrmError(
    "CRM_JOB_DATA",
    `The data of a job ${name} do not fit its definition: ${issues[0]?.path} ${issues[0]?.message}`,
    { status: 422, details: { job: name, issues } },
  );
}
