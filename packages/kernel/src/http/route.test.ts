import { expect, test } from "vitest";
import { json } from "./route.ts";

test("an answer in JSON says that it is one", () => {
  expect(json(201, { id: 1 }, { location: "/leads/1" })).toEqual({
    status: 201,
    headers: { "content-type": "application/json; charset=utf-8", location: "/leads/1" },
    body: '{"id":1}',
  });
});
