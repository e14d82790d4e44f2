import { Storage } from "@crmessenger/kernel/infrastructure";
import {
  createTestKernel,
  describeDurability,
  describeStorage,
  failuresOf,
  fullStorage,
  runSuite,
} from "@crmessenger/testing";
import { describe, expect, test } from "vitest";
import { memory } from "../../src/plugin.ts";
import { clockBreakages } from "./clock-breakages.ts";
import { crashBreakages } from "./crash-breakages.ts";
import { documentBreakages } from "./document-breakages.ts";
import { fileBreakages } from "./file-breakages.ts";
import { flowBreakages } from "./flow-breakages.ts";
import { indexBreakages } from "./index-breakages.ts";
import { journalBreakages } from "./journal-breakages.ts";
import { stateBreakages } from "./state-breakages.ts";

describe("A storage that is broken on purpose", () => {
  const breakages = [
    ...stateBreakages,
    ...flowBreakages,
    ...documentBreakages,
    ...journalBreakages,
    ...crashBreakages,
    ...clockBreakages,
    ...indexBreakages,
  ];

  test.each(breakages)("and $fault is noticed: $noticedBy", async ({ fault, suite, plugin, noticedBy }) => {
    const reports = await runSuite(
      () => suite({ name: fault, processes: "one", create: async () => ({ plugins: () => [plugin()] }) }),
      { only: (name) => name === noticedBy },
    );
    expect(failuresOf(reports)).toEqual([noticedBy]);
  });

  test("is held to nothing that the sound one breaks", async () => {
    const promises = new Set(breakages.map(({ noticedBy }) => noticedBy));
    const reports = await runSuite(
      () => {
        for (const suite of new Set(breakages.map(({ suite }) => suite)))
          suite({ name: "sound", processes: "one", create: async () => ({ plugins: () => [memory()] }) });
      },
      { only: (name) => promises.has(name), patienceMs: 10_000 },
    );
    expect(failuresOf(reports)).toEqual([]);
    expect(new Set(reports.map(({ name }) => name))).toEqual(promises);
  });
});

describe("A storage that forgets everything when its kernel stops", () => {
  const create = async () => ({ plugins: () => [memory()] });

  test("is no storage that outlives it", async () => {
    const reports = await runSuite(() => describeDurability({ name: "forgetful", processes: "successive", create }));
    expect(failuresOf(reports)).toEqual(
      expect.arrayContaining([
        "keeps records, documents, secrets, settings and the log over a restart",
        "runs after a restart the jobs that waited",
        "knows after a restart which messages it has received",
      ]),
    );
  });

  test("is no storage that kernels share", async () => {
    const reports = await runSuite(() => describeDurability({ name: "lonely", processes: "concurrent", create }), {
      deadlineMs: 2_000,
      only: (name) => /^(see each other|respect each other|receive a message once)/.test(name),
    });
    expect(failuresOf(reports)).toEqual([
      "see each other's events and are woken by them",
      "respect each other's leases, and hand them on when they stop",
      "receive a message once though both get it",
    ]);
  });
});

describe("A file storage that is broken on purpose", () => {
  test.each(fileBreakages)("and $fault is noticed: $noticedBy", async ({ fault, noticedBy, storage }) => {
    const create = async () => {
      const kernel = await createTestKernel({ plugins: [memory()] });
      const sound = kernel.get(Storage);
      return { storage: storage(sound), full: () => storage(fullStorage(sound, 100_000)), stop: () => kernel.stop() };
    };
    const reports = await runSuite(() => describeStorage({ name: fault, create }), {
      only: (name) => name === noticedBy,
    });
    expect(failuresOf(reports)).toEqual([noticedBy]);
  });
});
