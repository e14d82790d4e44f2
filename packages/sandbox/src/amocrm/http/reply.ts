/** What a handler answers. */
export interface Reply {
  readonly status: number;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

const HAL = "application/hal+json";
const PROBLEM = "application/problem+json";
const JSON_TYPE = "application/json";

/** A REST answer. */
export const hal = (body: unknown, status = 200): Reply => ({ status, contentType: HAL, body: JSON.stringify(body) });

/** An answer of OAuth or of the chats API. */
export const json = (body: unknown, status = 200): Reply => ({
  status,
  contentType: JSON_TYPE,
  body: JSON.stringify(body),
});

/** A refusal. */
export const problemReply = (status: number, body: unknown): Reply => ({
  status,
  contentType: PROBLEM,
  body: JSON.stringify(body),
});

/** Success without a body: also what an empty list is. */
export const empty = (status = 204): Reply => ({ status });
