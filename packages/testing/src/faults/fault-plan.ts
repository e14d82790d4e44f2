/** Failures that a test plans for named points and that code under test runs into. */
export interface FaultPlan {
  /** The next `times` passes of `point` throw `error`. */
  fail(point: string, error: unknown, times?: number): void;
  /** Throws if a failure is planned for this point. Counts the pass. */
  pass(point: string): void;
  /** How often the point was passed, failures included. */
  passes(point: string): number;
  /** A stand-in for `target` whose `method` passes the point of that name before it does its work. */
  wrap<T extends object>(target: T, method: keyof T & string): T;
}

/** A plan without failures. */
export function createFaultPlan(): FaultPlan {
  const planned = new Map<string, unknown[]>();
  const counts = new Map<string, number>();
  const plan: FaultPlan = {
    fail(point, error, times = 1) {
      planned.set(point, [...(planned.get(point) ?? []), ...Array.from({ length: times }, () => error)]);
    },
    pass(point) {
      counts.set(point, (counts.get(point) ?? 0) + 1);
      const failures = planned.get(point);
      if (failures && failures.length > 0) throw failures.shift();
    },
    passes: (point) => counts.get(point) ?? 0,
    wrap: (target, method) =>
      new Proxy(target, {
        get(object, name, receiver) {
          const value: unknown = Reflect.get(object, name, receiver);
          if (name !== method || typeof value !== "function") return value;
          return async (...args: unknown[]) => {
            plan.pass(method);
            return (value as (...args: unknown[]) => unknown).apply(object, args);
          };
        },
      }),
  };
  return plan;
}
