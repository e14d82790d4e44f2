type Fields = Readonly<Record<string, unknown>>;

export const REDACTED = "[redacted]";

/** Names of fields that hold secrets, whatever the case and the separators. */
const SECRET_NAME =
  /^(.*(password|passphrase|secret|authorization|cookie|credential|privatekey|apikey|apihash|accesskey|sessionstring)s?|.*tokens?|pin|otp|jwt|bearer|auth)$/;
/** Where secrets stand in text: an Authorization header, credentials in a URL, a Telegram bot token. */
const SECRET_TEXT =
  /(\b(?:Bearer|Basic)\s+)[\w.~+/=-]{16,}|(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]+(?=@)|\b(?:bot)?\d{6,}:[\w-]{30,}/gi;
const MAX_DEPTH = 6;
const MAX_ITEMS = 100;
const MAX_TEXT = 8_192;

/**
 * A copy of the fields that JSON can hold, without what is obviously secret. It never throws, however odd the
 * fields are: a line that can't be written would hide what it was about.
 */
export function redact(fields: Fields): Record<string, unknown> {
  return copyEntries(fields, MAX_DEPTH);
}

function copy(value: unknown, depth: number): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "function" || typeof value === "symbol") return `[${typeof value}]`;
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "[too deep]";
  return copyObject(value, depth);
}

function copyObject(value: object, depth: number): unknown {
  if (value instanceof Error) return copyError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return copyEntries(Object.fromEntries(value) as Fields, depth);
  if (value instanceof Set || Array.isArray(value)) {
    return [...value].slice(0, MAX_ITEMS).map((item: unknown) => copy(item, depth - 1));
  }
  return copyEntries(value as Fields, depth);
}

/** Name, message and stack are not enumerable; the rest (code, details, status) is. */
function copyError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  return {
    ...copyEntries(error as unknown as Fields, depth),
    name,
    message: redactText(message),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
    ...(cause === undefined ? {} : { cause: copy(cause, depth - 1) }),
  };
}

function copyEntries(fields: Fields, depth: number): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  try {
    for (const [name, value] of Object.entries(fields).slice(0, MAX_ITEMS)) {
      plain[name] = isSecret(name, value) ? REDACTED : copy(value, depth - 1);
    }
  } catch (error) {
    plain["unreadable"] = String(error); // a getter or a proxy that throws
  }
  return plain;
}

function isSecret(name: string, value: unknown): boolean {
  if (value === undefined || value === null || value === "" || typeof value === "boolean") return false;
  return SECRET_NAME.test(name.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
}

/** The text without the secrets that stand out in it. */
export function redactText(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${text.length} characters)` : text;
  return short.replaceAll(SECRET_TEXT, (_, scheme?: string, url?: string) => `${scheme ?? url ?? ""}${REDACTED}`);
}
