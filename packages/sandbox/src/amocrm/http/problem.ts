/** One refused value of a request body, in amoCRM's words. */
export interface FieldError {
  readonly code: string;
  readonly path: string;
  readonly detail: string;
}

/** Errors of one element of a batch; `request_id` is the caller's own or the element's index. */
export interface ItemErrors {
  readonly request_id: string;
  readonly errors: readonly FieldError[];
}

/** A refusal: thrown by a handler, answered as `application/problem+json`. */
export class Problem extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(`amoCRM refused the request with ${status}`);
    this.name = "Problem";
    this.status = status;
    this.body = body;
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** A refusal in amoCRM's usual envelope. */
export function problem(status: number, detail: string, extra: Readonly<Record<string, unknown>> = {}): Problem {
  const title = TITLES[status] ?? "Error";
  return new Problem(status, { ...extra, title, type: `https://httpstatus.es/${status}`, status, detail });
}

/** A body that does not say what the method needs. */
export function validationProblem(errors: readonly ItemErrors[]): Problem {
  return problem(400, "Request validation failed", { "validation-errors": errors });
}
