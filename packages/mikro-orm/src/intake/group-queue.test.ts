import { createGate } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { GroupQueue, type GroupQueueOptions } from "./group-queue.ts";

interface Item {
  readonly name: string;
  readonly keys: readonly string[];
}

const item = (name: string, ...keys: readonly string[]): Item => ({ name, keys });

/** A queue whose groups are committed when the test says so. */
function createQueue(options: Partial<GroupQueueOptions<Item>> = {}) {
  const groups: { readonly names: readonly string[]; finish(): void }[] = [];
  const queue = new GroupQueue<Item>({
    maxGroup: 10,
    maxInFlight: 2,
    minBeside: 1,
    commit(group) {
      const gate = createGate();
      groups.push({ names: group.map(({ name }) => name), finish: () => gate.open() });
      return gate.opened;
    },
    ...options,
  });
  return {
    queue,
    groups,
    add: (...items: readonly Item[]) => items.forEach((added) => queue.add(added)),
    names: () => groups.map(({ names }) => names),
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("commits what came in one turn of the event loop together", async () => {
  const { add, names } = createQueue();
  add(item("a"), item("b"));
  await Promise.resolve();
  add(item("c"));
  await turn();
  expect(names()).toEqual([["a", "b", "c"]]);
});

test("gathers the next group while one is in flight", async () => {
  const { add, groups, names } = createQueue({ maxInFlight: 1 });
  add(item("a"));
  await turn();
  add(item("b"));
  await turn();
  add(item("c"));
  await turn();
  expect(names()).toEqual([["a"]]);
  groups[0]?.finish();
  await turn();
  expect(names()).toEqual([["a"], ["b", "c"]]);
});

test("sends a further group beside one that is in flight once enough wait", async () => {
  const { add, names } = createQueue({ minBeside: 2 });
  add(item("a"));
  await turn();
  add(item("b"));
  await turn();
  expect(names()).toEqual([["a"]]);
  add(item("c"));
  await turn();
  expect(names()).toEqual([["a"], ["b", "c"]]);
});

test("keeps what shares a key with a group in flight, and whoever shares one with that, in order behind it", async () => {
  const { add, groups, names } = createQueue();
  add(item("a1", "a"));
  await turn();
  add(item("a2", "a", "x"), item("b1", "b"), item("x1", "x"), item("b2", "b"));
  await turn();
  expect(names()).toEqual([["a1"], ["b1", "b2"]]);
  groups[0]?.finish();
  await turn();
  expect(names()).toEqual([["a1"], ["b1", "b2"], ["a2", "x1"]]);
});

test("makes groups no larger than allowed and forgets nobody", async () => {
  const { add, groups, names } = createQueue({ maxGroup: 2, maxInFlight: 1 });
  add(item("a"), item("b"), item("c"), item("d"), item("e"));
  await turn();
  for (let index = 0; index < 3; index += 1) {
    groups[index]?.finish();
    await turn();
  }
  expect(names()).toEqual([["a", "b"], ["c", "d"], ["e"]]);
});
