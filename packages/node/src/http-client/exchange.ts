import type { Dispatcher } from "undici";
import { isCrmError } from "@crmessenger/kernel";
import type { Clock, HttpRequest, HttpResponse } from "@crmessenger/kernel/infrastructure";
import { causeOf, interrupted, invalidRequest, timedOut, tooLarge, unreachable } from "./http-errors.ts";

/** A request ready to be sent, as often as it takes. */
export interface PreparedRequest {
  readonly method: HttpRequest["method"];
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number | undefined;
  readonly maxBytes: number;
  /** Reading stops here, without an error. */
  readonly keepBytes: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Sends the request once and collects the answer. Rejects with the errors of the contract, or the signal's reason. */
export function exchange(dispatcher: Dispatcher, request: PreparedRequest, clock: Clock): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { signal } = request;
    if (signal?.aborted) return reject(signal.reason as Error);
    const handler = new Exchange(request, {
      resolve,
      reject,
      end: () => {
        cancelTimeout();
        cancelConnectTimeout();
        signal?.removeEventListener("abort", onAbort);
      },
    });
    const onAbort = () => handler.fail(signal?.reason);
    const cancelTimeout = clock.schedule(request.timeoutMs, () => handler.expire());
    const { connectTimeoutMs } = request;
    const cancelConnectTimeout =
      connectTimeoutMs === undefined
        ? () => {}
        : clock.schedule(connectTimeoutMs, () => handler.expireUnsent(connectTimeoutMs));
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const { origin, path, method, headers, body } = request;
      dispatcher.dispatch({ origin, path, method, headers, body, headersTimeout: 0, bodyTimeout: 0 }, handler);
    } catch (error) {
      handler.fail(invalidRequest(causeOf(error)));
    }
  });
}

interface Ends {
  readonly resolve: (response: HttpResponse) => void;
  readonly reject: (error: unknown) => void;
  /** Called once, before either. */
  readonly end: () => void;
}

/** One attempt. undici calls `onRequestStart` right before it writes: until then nothing has left. */
class Exchange implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #abortedWith: unknown;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  #bytes = 0;
  readonly #chunks: Uint8Array[] = [];
  readonly #request: PreparedRequest;
  readonly #ends: Ends;

  constructor(request: PreparedRequest, ends: Ends) {
    this.#request = request;
    this.#ends = ends;
  }

  expire(): void {
    const { timeoutMs } = this.#request;
    if (this.#controller) this.fail(timedOut(this.#request, timeoutMs));
    else this.expireUnsent(timeoutMs);
  }

  /** Too late for a request that has not begun. */
  expireUnsent(afterMs: number): void {
    if (!this.#controller) this.fail(unreachable(this.#request, `no connection came about within ${afterMs} ms`));
  }

  fail(reason: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#abortedWith = reason;
    this.#ends.end();
    this.#ends.reject(reason);
    this.#controller?.abort(abortReason(reason));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) controller.abort(abortReason(this.#abortedWith));
    else this.#controller = controller;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = plainHeaders(headers);
    const { keepBytes, maxBytes, method } = this.#request;
    if (keepBytes === undefined && Number(this.#headers["content-length"] ?? 0) > maxBytes && method !== "HEAD") {
      this.fail(tooLarge(this.#request, maxBytes));
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
    const { keepBytes } = this.#request;
    if (keepBytes !== undefined) {
      if (this.#bytes > keepBytes) this.#cut(keepBytes);
    } else if (this.#bytes > this.#request.maxBytes) this.fail(tooLarge(this.#request, this.#request.maxBytes));
  }

  onResponseEnd(): void {
    if (!this.#settled) this.#answer(this.#bytes);
  }

  /** The rest is of no interest, however long it is: the connection goes with it. */
  #cut(bytes: number): void {
    this.#answer(bytes);
    this.#controller?.abort(abortReason("enough was read"));
  }

  #answer(bytes: number): void {
    this.#settled = true;
    this.#ends.end();
    const [only] = this.#chunks;
    const whole = this.#chunks.length === 1 && only ? only : Buffer.concat(this.#chunks, this.#bytes);
    this.#ends.resolve({ status: this.#status, headers: this.#headers, body: whole.subarray(0, bytes) });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(this.#translate(error));
  }

  #translate(error: Error): unknown {
    if (isCrmError(error)) return error;
    if (this.#controller) return interrupted(this.#request, error);
    if (causeOf(error) === "UND_ERR_INVALID_ARG") return invalidRequest(error.message);
    return unreachable(this.#request, causeOf(error), error);
  }
}

type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

function plainHeaders(headers: RawHeaders): Readonly<Record<string, string>> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = typeof value === "string" ? value : value.join(", ");
  }
  return plain;
}

function abortReason(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("The caller gave the request up.");
}
