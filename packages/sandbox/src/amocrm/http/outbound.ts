import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

/** An answer to a call that the sandbox makes. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** A call that the sandbox makes. */
export interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The call fails when its answer is not complete by then. */
  readonly timeoutMs: number;
  /** Larger answers fail the call. */
  readonly largestAnswer?: number;
}

/** Calls that amoCRM makes to others: hooks, redirects, downloads of media. Follows no redirect. */
export class Outbound {
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https = new HttpsAgent({ keepAlive: true });

  /** Makes one call. Rejects when nobody answers in time; an answer of any status resolves. */
  call(call: Call): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const url = new URL(call.url);
      const secure = url.protocol === "https:";
      const headers: Record<string, string | number> = { ...call.headers };
      if (call.body !== undefined) headers["content-length"] = Buffer.byteLength(call.body);
      const request = (secure ? httpsRequest : httpRequest)(
        url,
        { method: call.method, headers, agent: secure ? this.#https : this.#http },
        (response) => readAnswer(response, call.largestAnswer ?? 1024 * 1024).then(resolve, reject),
      );
      const timer = setTimeout(
        () => request.destroy(new Error(`No answer from ${url.host} within ${call.timeoutMs} ms.`)),
        call.timeoutMs,
      );
      request.once("close", () => clearTimeout(timer));
      request.once("error", reject);
      request.end(call.body);
    });
  }

  /** Closes idle and open connections. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

async function readAnswer(response: IncomingMessage, largest: number): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largest) {
      response.destroy();
      throw new Error(`The answer is larger than ${largest} bytes.`);
    }
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}
