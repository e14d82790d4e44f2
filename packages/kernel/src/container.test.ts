import "reflect-metadata";
import { container as globalContainer, inject, injectable } from "tsyringe";
import { expect, test } from "vitest";
import { createKernel } from "./boot/create-kernel.ts";
import { contract } from "./contract.ts";
import { Clock } from "./infrastructure/clock.ts";
import { definePlugin } from "./plugin/define-plugin.ts";

interface Bell {
  ring(): string;
}
const Bell = contract<Bell>("testing.bell", 1, { ring: "wait" });
const Gong = contract<Bell>("testing.gong", 1, { ring: "wait" });

const tower = definePlugin({
  id: "tower",
  version: "1.0.0",
  provides: { bell: Bell, gong: Gong },
  boot: () => ({ provide: { bell: { ring: () => "ding" }, gong: { ring: () => "dong" } } }),
});

/** An injectable class whose one parameter is this contract. */
function ringerOf(reference: typeof Bell) {
  class Ringer {
    readonly bell: Bell;
    constructor(bell: Bell) {
      this.bell = bell;
    }
  }
  inject(reference as symbol)(Ringer, undefined, 0);
  injectable()(Ringer);
  return Ringer;
}

test("a plugin's classes get its declared dependencies and nothing else", async () => {
  const seen: string[] = [];
  const player = definePlugin({
    id: "player",
    version: "1.0.0",
    deps: { bell: Bell },
    boot(_, context) {
      seen.push(context.resolve(ringerOf(Bell)).bell.ring());
      expect(() => context.resolve(ringerOf(Gong))).toThrow(/testing\.gong/);
      return {};
    },
  });
  await using _ = await createKernel({ plugins: [player(), tower()] });
  expect(seen).toEqual(["ding"]);
});

test("an application's own container finds what plugins and the kernel provide, and keeps what it had", async () => {
  const container = globalContainer.createChildContainer();
  container.register("greeting", { useValue: "hello" });
  await using kernel = await createKernel({ plugins: [tower()], container });
  expect(container.resolve<Bell>(Bell as symbol)).toBe(kernel.get(Bell));
  expect(container.resolve(ringerOf(Gong)).bell.ring()).toBe("dong");
  expect(container.resolve<Clock>(Clock as symbol)).toBe(kernel.get(Clock));
  expect(container.resolve("greeting")).toBe("hello");
});

test("nothing is left in tsyringe's global container", async () => {
  await using _ = await createKernel({ plugins: [tower()] });
  expect(globalContainer.isRegistered(Bell as symbol, true)).toBe(false);
});
