import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";

test("answers what the probe answers once it stops throwing", async () => {
  let looks = 0;
  const answer = await eventually(
    () => {
      looks += 1;
      if (looks < 3) throw new Error("not yet");
      return "there";
    },
    { everyMs: 1 },
  );
  expect([answer, looks]).toEqual(["there", 3]);
});

test("gives up with what the probe said last", async () => {
  const cause = new Error("the door is shut");
  await expect(eventually(() => Promise.reject(cause), { deadlineMs: 20, everyMs: 5 })).rejects.toMatchObject({
    message: "It did not come about within 20 ms: the door is shut",
    cause,
  });
});
