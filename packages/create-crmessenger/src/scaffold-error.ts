/** Why nothing was made: a sentence for the person at the terminal, and a code. */
export class ScaffoldError extends Error {
  override readonly name = "ScaffoldError";
  /** `CRM_SCAFFOLD_…`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
