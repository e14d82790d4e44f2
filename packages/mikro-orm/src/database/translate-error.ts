import { CrmError, isCrmError } from "@crmessenger/kernel";

/** What both drivers put on the errors of the server. */
interface ServerError extends Error {
  readonly code: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly column?: string;
}

const SQL_STATE = /^[0-9A-Z]{5}$/;
const CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ECONNABORTED",
  "ENOENT",
]);
const CONNECTION_TEXT =
  /connection terminated|connection error|timeout exceeded|client was closed|not queryable|connection ended|pglite is clos/i;

/**
 * Database errors as the rest of the house knows them. The server's details and context are dropped: they quote
 * rows, which may hold what nobody should log.
 */
export function translateError(thrown: unknown): CrmError {
  if (isCrmError(thrown)) return thrown;
  if (isServerError(thrown)) return fromServer(thrown);
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = (error as { code?: unknown }).code;
  if ((typeof code === "string" && CONNECTION_CODES.has(code)) || CONNECTION_TEXT.test(error.message))
    return unavailable(error);
  return new CrmError("CRM_STORAGE_FAILED", `The database driver failed: ${error.message}`, { cause: error });
}

/** Whether the connection is gone, so that it is unknown what the server still did. */
export function isConnectionLoss(error: unknown): boolean {
  return isCrmError(error, "CRM_STORAGE_UNAVAILABLE") && error.details["connection"] === "lost";
}

function isServerError(thrown: unknown): thrown is ServerError {
  return thrown instanceof Error && SQL_STATE.test(String((thrown as { code?: unknown }).code)) && "severity" in thrown;
}

function fromServer(error: ServerError): CrmError {
  const { code, constraint, table, column } = error;
  const details = {
    sqlState: code,
    ...(constraint ? { constraint } : {}),
    ...(table ? { table } : {}),
    ...(column ? { column } : {}),
  };
  const cause = withoutRows(error);
  switch (code) {
    case "23505":
      return new CrmError("CRM_STORAGE_DUPLICATE", `The unique key ${constraint ?? ""} is taken already.`, {
        status: 409,
        details,
        cause,
      });
    case "23503":
      return new CrmError(
        "CRM_STORAGE_REFERENCE",
        `The reference ${constraint ?? ""} points to nothing, or something still points here.`,
        { status: 409, details, cause },
      );
    case "40001":
    case "40P01":
    case "55P03":
      return new CrmError("CRM_UOW_CONFLICT", "A concurrent change got in the way. Run the whole unit of work again.", {
        status: 409,
        retryable: true,
        details,
        cause,
      });
    case "57P01":
    case "57P02":
    case "57P03":
      return unavailable(error, details);
    case "08P01": // we broke the protocol: nothing that a new connection mends
      return new CrmError("CRM_STORAGE_FAILED", `The database does not understand the call: ${error.message}.`, {
        details,
        cause,
      });
    case "57014":
      return new CrmError("CRM_STORAGE_UNAVAILABLE", "The database cancelled the statement before it finished.", {
        status: 503,
        retryable: true,
        details,
        cause,
      });
    default:
      return byClass(error, details);
  }
}

function byClass(error: ServerError, details: Readonly<Record<string, unknown>>): CrmError {
  const cause = withoutRows(error);
  switch (error.code.slice(0, 2)) {
    case "08":
      return unavailable(error, details);
    case "22":
    case "23":
      return new CrmError("CRM_STORAGE_INVALID", `The database refuses this data: ${error.message}.`, {
        status: 422,
        details,
        cause,
      });
    case "53":
      return new CrmError("CRM_STORAGE_UNAVAILABLE", `The database has no room for this now: ${error.message}.`, {
        status: 503,
        retryable: true,
        details,
        cause,
      });
    default:
      return new CrmError("CRM_STORAGE_FAILED", `The database refuses the statement: ${error.message}.`, {
        details,
        cause,
      });
  }
}

function unavailable(error: Error, details: Readonly<Record<string, unknown>> = {}): CrmError {
  return new CrmError(
    "CRM_STORAGE_UNAVAILABLE",
    `The connection to the database is lost: ${error.message}. The call can be repeated once it is back.`,
    {
      status: 503,
      retryable: true,
      details: { ...details, connection: "lost" },
      cause: withoutRows(error),
    },
  );
}

function withoutRows(error: Error): Error {
  const copy = new Error(error.message);
  copy.name = error.name;
  return copy;
}
