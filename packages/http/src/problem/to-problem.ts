import { STATUS_CODES } from "node:http";
import { type CrmError, isCrmError } from "@crmessenger/kernel";

/** An answer that says what went wrong, by RFC 9457. */
export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const PROBLEM_TYPE = "application/problem+json; charset=utf-8";
const UNEXPECTED_CODE = "CRM_KERNEL_UNEXPECTED";

/** What a caller learns of a failure on our side: nothing about our insides. */
const SERVER_DETAILS: Readonly<Record<number, string>> = {
  501: "Nothing in this application serves this.",
  502: "A system that this depends on did not answer as it should. Try again later.",
  503: "This can't be done at the moment. Try again later.",
  504: "A system that this depends on did not answer in time. Try again later.",
  507: "There is no room to store this.",
};
const UNEXPECTED_DETAIL = "Something went wrong on our side. Quote the correlation id when you report it.";

/**
 * The problem document for anything thrown. A refusal (4xx) is told in full: code, sentence, issues, details. Of a
 * failure of ours (5xx) only code and correlation id leave; the rest belongs in the log.
 */
export function toProblem(error: unknown, correlationId: string): Problem {
  const known = isCrmError(error) ? error : undefined;
  const status = statusOf(known);
  const document = {
    type: `urn:crmessenger:problem:${known?.code ?? UNEXPECTED_CODE}`,
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail: known && status < 500 ? known.message : (SERVER_DETAILS[status] ?? UNEXPECTED_DETAIL),
    code: known?.code ?? UNEXPECTED_CODE,
    ...(known && status < 500 ? detailsOf(known) : {}),
    correlationId,
  };
  return { status, headers: headersOf(known, status), body: JSON.stringify(document) };
}

/** Whether the failure is ours to look into. */
export function isOurs(error: unknown): boolean {
  return statusOf(isCrmError(error) ? error : undefined) >= 500;
}

function statusOf(error: CrmError | undefined): number {
  if (!error) return 500;
  return Number.isInteger(error.status) && error.status >= 400 && error.status <= 599 ? error.status : 500;
}

function detailsOf({ details }: CrmError): Readonly<Record<string, unknown>> {
  const { issues, ...rest } = details;
  return {
    ...(issues === undefined ? {} : { issues }),
    ...(Object.keys(rest).length === 0 ? {} : { details: rest }),
  };
}

function headersOf(error: CrmError | undefined, status: number): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { "content-type": PROBLEM_TYPE, "cache-control": "no-store" };
  if (error?.retryAfterMs !== undefined) headers["retry-after"] = String(Math.ceil(error.retryAfterMs / 1_000));
  if (status === 401) headers["www-authenticate"] = "Bearer";
  if (status === 405 && Array.isArray(error?.details["allow"])) headers["allow"] = error.details["allow"].join(", ");
  return headers;
}
