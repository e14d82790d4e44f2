/** What an error carries besides its code and message. */
export interface CrmErrorOptions {
  /** Plain data for the reader of the error; never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The HTTP status an API answers with. Default 500. */
  readonly status?: number;
  /** Whether the same call may succeed later without anybody changing anything. Default false. */
  readonly retryable?: boolean;
  /** Milliseconds after which a retry makes sense, where the refuser said so. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** An error as it crosses a process or worker boundary. */
export interface PlainError {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
}

/**
 * The one error of CRMessenger. Match it by `code` (`CRM_<AREA>_<WHAT>`), never by class: two copies of a package
 * have two classes but the same codes. Its message is a sentence that says what to do.
 */
export class CrmError extends Error {
  override readonly name = "CrmError";
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;

  constructor(code: string, message: string, options: CrmErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.status = options.status ?? 500;
    this.retryable = options.retryable ?? false;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }

  toJSON(): PlainError {
    const { code, message, details, status, retryable, retryAfterMs } = this;
    return { code, message, details, status, retryable, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
}

/** Whether `error` is a CrmError (of any copy of this package), optionally with this code. */
export function isCrmError(error: unknown, code?: string): error is CrmError {
  if (!(error instanceof Error) || error.name !== "CrmError") return false;
  const found = (error as { code?: unknown }).code;
  return typeof found === "string" && (code === undefined || found === code);
}

/** Turns anything thrown into a CrmError: one passes through, the rest becomes `CRM_KERNEL_UNEXPECTED` with its cause. */
export function toCrmError(thrown: unknown): CrmError {
  if (isCrmError(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CrmError("CRM_KERNEL_UNEXPECTED", `Unexpected failure: ${message}`, { cause: thrown });
}

/** The error that crossed a boundary as plain data. */
export function fromPlainError({ code, message, ...options }: PlainError): CrmError {
  return new CrmError(code, message, options);
}
