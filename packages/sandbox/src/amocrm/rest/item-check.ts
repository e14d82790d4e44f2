import { type FieldError, type ItemErrors, validationProblem } from "../http/problem.ts";

/** Reads one element of a batch and notes what is wrong with it. */
export class ItemCheck {
  readonly item: Readonly<Record<string, unknown>>;
  readonly requestId: string;
  readonly errors: FieldError[] = [];

  constructor(item: Readonly<Record<string, unknown>>, index: number) {
    this.item = item;
    this.requestId = item["request_id"] === undefined ? String(index) : String(item["request_id"]);
  }

  /** An optional text; null counts as absent. */
  text(name: string): string | undefined {
    const value = this.item[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string") return value;
    if (typeof value === "number") return String(value);
    this.#type(name, "string");
    return undefined;
  }

  /** A text that must be there and not be empty. */
  requiredText(name: string): string {
    const value = this.text(name);
    if (value === undefined) this.fail("FieldMissing", name, "This field is missing.");
    else if (value === "") this.fail("NotBlank", name, "This value should not be blank.");
    return value ?? "";
  }

  /** An optional whole number. */
  integer(name: string): number | undefined {
    const value = this.item[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    this.#type(name, "int");
    return undefined;
  }

  /** A whole number that must be there. */
  requiredInteger(name: string): number {
    const value = this.integer(name);
    if (value === undefined && this.item[name] === undefined) {
      this.fail("FieldMissing", name, "This field is missing.");
    }
    return value ?? 0;
  }

  /** An optional yes or no. */
  flag(name: string): boolean | undefined {
    const value = this.item[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === "boolean") return value;
    this.#type(name, "bool");
    return undefined;
  }

  /** Notes an error. */
  fail(code: string, path: string, detail: string): void {
    this.errors.push({ code, path, detail });
  }

  /** Notes a reference to something that does not exist. */
  notChoice(path: string): void {
    this.fail("NotSupportedChoice", path, "The value you selected is not a valid choice.");
  }

  #type(path: string, type: string): void {
    this.fail("InvalidType", path, `This value should be of type ${type}.`);
  }
}

/** Refuses the whole request when any element has errors. */
export function refuseInvalid(checks: readonly ItemCheck[]): void {
  const failed = checks.flatMap((check): ItemErrors[] =>
    check.errors.length === 0 ? [] : [{ request_id: check.requestId, errors: check.errors }],
  );
  if (failed.length > 0) throw validationProblem(failed);
}
