import type { FactRow, Projection } from "@crmessenger/kernel/analytics";
import { expect, test } from "vitest";
import { describeProjection, failuresOf, runSuite } from "../../src/index.ts";
import { history, visits } from "../analytics/visits.ts";

interface Breakage {
  readonly fault: string;
  readonly noticedBy: string;
  readonly projection: () => Projection;
}

/** The sound projection with its rows changed on their way to the table. */
const withRows = (change: (row: FactRow, key: string) => FactRow) => (): Projection => {
  const sound = visits();
  return {
    ...sound,
    apply: (events, rows) =>
      sound.apply(events, {
        getMany: (keys) => rows.getMany(keys),
        putMany: (written) => rows.putMany(new Map([...written].map(([key, row]) => [key, change(row, key)]))),
        deleteMany: (keys) => rows.deleteMany(keys),
      }),
  };
};

const breakages: readonly Breakage[] = [
  {
    fault: "dates rows by the clock",
    noticedBy: "makes the same rows at another time and with other luck",
    projection: withRows((row) => ({ ...row, lastAt: new Date(Date.now()).toISOString() })),
  },
  {
    fault: "counts in its own memory",
    noticedBy: "takes a batch again that was rolled back",
    projection() {
      const times = new Map<string, number>();
      return withRows((row, key) => {
        times.set(key, (times.get(key) ?? 0) + 1);
        return { ...row, times: times.get(key) ?? 0 };
      })();
    },
  },
  {
    fault: "reads no rows that it has written before",
    noticedBy: "makes the same rows of the same events, however they are batched",
    projection() {
      const sound = visits();
      return {
        ...sound,
        apply: (events, rows) =>
          sound.apply(events, { ...rows, putMany: (all) => rows.putMany(all), getMany: async () => new Map() }),
      };
    },
  },
  {
    fault: "leaves columns out that it has no value for",
    noticedBy: "makes rows that hold every column, of its kind or null, and no other",
    projection: withRows((row) => Object.fromEntries(Object.entries(row).filter(([column]) => column !== "lastAt"))),
  },
  {
    fault: "depends on the order of unrelated events",
    noticedBy: "makes the same rows in whatever order aggregates come, each in its own order",
    projection() {
      let last = "";
      return withRows((row, key) => {
        const after = last;
        last = key;
        return { ...row, name: `${String(row["name"])} after ${after}` };
      })();
    },
  },
];

test.each(breakages)("a projection that $fault is noticed", async ({ fault, noticedBy, projection }) => {
  const reports = await runSuite(() => describeProjection({ name: fault, projection, history }), {
    only: (name) => name === noticedBy,
  });
  expect(failuresOf(reports)).toEqual([noticedBy]);
});
