const formatters = new Map<string, Intl.DateTimeFormat>();

/** Names as both PostgreSQL and Intl read them; an offset means the opposite to each of them. */
const NAME = /^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/;

export function isTimeZone(name: string): boolean {
  if (!NAME.test(name)) return false;
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    era: "short",
  });
  formatters.set(timeZone, made);
  return made;
}

/** Milliseconds that local time is ahead of UTC at this moment. */
export function offsetAt(time: number, timeZone: string): number {
  const parts = Object.fromEntries(
    formatterOf(timeZone)
      .formatToParts(time)
      .map(({ type, value }) => [type, value]),
  );
  const year = parts["era"] === "BC" ? 1 - Number(parts["year"]) : Number(parts["year"]);
  const local = Date.UTC(
    year,
    Number(parts["month"]) - 1,
    Number(parts["day"]),
    Number(parts["hour"]),
    Number(parts["minute"]),
    Number(parts["second"]),
  );
  return local - Math.floor(time / 1_000) * 1_000;
}

/** The wall clock as if it were UTC. */
export function toLocal(time: number, timeZone: string): number {
  return time + offsetAt(time, timeZone);
}

const DAY = 86_400_000;

/**
 * The moment at which the wall clock shows this, as PostgreSQL finds it: what a jump forward skips is read by the offset
 * before it, what a step back repeats by the one after.
 */
export function fromLocal(local: number, timeZone: string): number {
  const before = offsetAt(local - DAY, timeZone);
  const after = offsetAt(local + DAY, timeZone);
  const late = local - after;
  if (offsetAt(late, timeZone) === after) return late;
  return local - before;
}
