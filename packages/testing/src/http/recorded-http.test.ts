import { HttpClient } from "@crmessenger/kernel/infrastructure";
import { expect, test } from "vitest";
import { createTestKernel } from "../kernel/create-test-kernel.ts";
import { createRecordedHttp, recordHttp } from "./recorded-http.ts";

const url = "https://crm.example.com/leads";
const ask = { method: "GET", url } as const;

test("answers each exchange once, by method, URL and recorded body", async () => {
  const http = createRecordedHttp([
    { request: ask, response: { status: 200, body: "[]", headers: { "content-type": "application/json" } } },
    { request: { method: "POST", url, body: '{"n":1}' }, response: { status: 201 } },
    { request: ask, response: { status: 200, body: "AQI=", encoding: "base64" } },
  ]);
  expect(await http.request({ method: "POST", url, body: new TextEncoder().encode('{"n":1}') })).toMatchObject({
    status: 201,
  });
  const answers = [await http.request(ask), await http.request(ask)];
  expect(answers.map(({ body }) => [...body])).toEqual([[...Buffer.from("[]")], [1, 2]]);
  expect([http.unused(), http.requests.length]).toEqual([[], 3]);
});

test("refuses what was not recorded and says what it still expected", async () => {
  const http = createRecordedHttp([{ request: { method: "POST", url, body: "a" }, response: { status: 200 } }]);
  await expect(http.request({ method: "POST", url, body: "b" })).rejects.toMatchObject({
    code: "CRM_TEST_UNEXPECTED_REQUEST",
    message: `The recording has no answer to POST ${url}. Still expected: POST ${url}.`,
  });
  expect(http.unused()).toHaveLength(1);
});

test("is the HttpClient of a kernel", async () => {
  const http = createRecordedHttp([{ request: ask, response: { status: 204 } }]);
  await using kernel = await createTestKernel({ plugins: [http.plugin()] });
  expect((await kernel.get(HttpClient).request(ask)).status).toBe(204);
});

test("records what can be served again, without secrets", async () => {
  const answer = { status: 200, headers: { "set-cookie": "sid=1", "content-type": "text/plain" } };
  const live: HttpClient = { request: async () => ({ ...answer, body: Buffer.from("token=s3cret") }) };
  const recorder = recordHttp(live, (text) => text.replaceAll("s3cret", "…"));
  const asked = { ...ask, url: `${url}?key=s3cret`, headers: { authorization: "Bearer s3cret" } };
  expect(Buffer.from((await recorder.client.request(asked)).body).toString()).toBe("token=s3cret");
  expect(recorder.exchanges).toEqual([
    {
      request: { method: "GET", url: `${url}?key=…` },
      response: { status: 200, headers: { "content-type": "text/plain" }, body: "token=…" },
    },
  ]);
  const again = createRecordedHttp(JSON.parse(JSON.stringify(recorder.exchanges)) as typeof recorder.exchanges);
  expect(Buffer.from((await again.request({ ...ask, url: `${url}?key=…` })).body).toString()).toBe("token=…");
});

test("records bytes that are no text", async () => {
  const body = new Uint8Array([0, 255, 128]);
  const { client, exchanges } = recordHttp({ request: async () => ({ status: 200, headers: {}, body }) });
  await client.request(ask);
  expect([...(await createRecordedHttp(exchanges).request(ask)).body]).toEqual([0, 255, 128]);
});
