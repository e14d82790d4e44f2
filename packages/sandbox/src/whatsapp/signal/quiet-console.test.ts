import { afterEach, expect, it, vi } from "vitest";
import { holdConsoleQuiet, quietly } from "./quiet-console.ts";

afterEach(() => vi.restoreAllMocks());

it("drops what Signal prints and nothing else, as long as anyone holds it", async () => {
  const info = vi.spyOn(console, "info").mockReturnValue();
  const print = (text: string): void => globalThis["console"].info(text);
  const releaseOne = holdConsoleQuiet();
  const releaseTwo = holdConsoleQuiet();
  await quietly(async () => {
    await Promise.resolve();
    print("session");
  });
  print("application");
  releaseOne();
  releaseOne();
  await quietly(async () => print("session"));
  releaseTwo();
  await quietly(async () => print("after"));
  expect(info.mock.calls).toEqual([["application"], ["after"]]);
});
