import { CrmError } from "@crmessenger/kernel";

/** Failures that a test plans for named points and that code under test runs into. */
export interface FaultPlan {
  /** The next `times` passes of `point` throw `error`. */
  fail(point: string, error: unknown, times?: number): void;
  /** The next `times` calls of a wrapped method of this name do their work and throw `error` afterwards, as when the answer is lost. */
  failAfter(point: string, error: unknown, times?: number): void;
  /**
   * The next pass of `point` kills the process: it throws `CRM_TEST_CRASH`, and so does every pass of every point from
   * then on, until `restart`.
   */
  crash(point: string): void;
  restart(): void;
  /** Throws if a failure is planned for this point. Counts the pass. */
  pass(point: string): void;
  /** How often the point was passed, failures included. */
  passes(point: string): number;
  /** A stand-in for `target` whose `method` passes the point of that name before it does its work. */
  wrap<T extends object>(target: T, method: keyof T & string): T;
}

interface Planned {
  readonly before: Map<string, unknown[]>;
  readonly after: Map<string, unknown[]>;
  readonly crashes: Set<string>;
  readonly counts: Map<string, number>;
  crashed: boolean;
}

/** A plan without failures. */
export function createFaultPlan(): FaultPlan {
  const planned: Planned = {
    before: new Map(),
    after: new Map(),
    crashes: new Set(),
    counts: new Map(),
    crashed: false,
  };
  const plan: FaultPlan = {
    fail: (point, error, times = 1) => add(planned.before, point, error, times),
    failAfter: (point, error, times = 1) => add(planned.after, point, error, times),
    crash: (point) => void planned.crashes.add(point),
    restart: () => void (planned.crashed = false),
    pass: (point) => pass(planned, point),
    passes: (point) => planned.counts.get(point) ?? 0,
    wrap: (target, method) =>
      new Proxy(target, {
        get(object, name) {
          const value: unknown = Reflect.get(object, name);
          if (typeof value !== "function") return value;
          if (name !== method) return (value as (...args: unknown[]) => unknown).bind(object);
          return async (...args: unknown[]) => {
            plan.pass(method);
            const answer: unknown = await (value as (...args: unknown[]) => unknown).apply(object, args);
            throwNext(planned.after, method);
            return answer;
          };
        },
      }),
  };
  return plan;
}

function add(failures: Map<string, unknown[]>, point: string, error: unknown, times: number): void {
  failures.set(point, [...(failures.get(point) ?? []), ...Array.from({ length: times }, () => error)]);
}

function throwNext(failures: Map<string, unknown[]>, point: string): void {
  const next = failures.get(point);
  if (next && next.length > 0) throw next.shift();
}

function pass(planned: Planned, point: string): void {
  planned.counts.set(point, (planned.counts.get(point) ?? 0) + 1);
  if (planned.crashes.delete(point)) planned.crashed = true;
  if (planned.crashed) throw died(point);
  throwNext(planned.before, point);
}

/** Whatever a process died over may be tried again: nobody has refused it. */
function died(point: string): CrmError {
  return new CrmError("CRM_TEST_CRASH", `The process died at "${point}".`, { retryable: true, details: { point } });
}
