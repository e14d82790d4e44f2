import { CrmError } from "@crmessenger/kernel";

/** Collects everything that is wrong with a question, so that it is said at once. */
export class ReportIssues {
  readonly #issues: { readonly path: string; readonly message: string }[] = [];

  add(path: string, message: string): void {
    this.#issues.push({ path, message });
  }

  /** `CRM_REPORT_QUERY` (422) when there are any. */
  throwIfAny(): void {
    const [first] = this.#issues;
    if (!first) return;
    throw new CrmError("CRM_REPORT_QUERY", `The report can't be made: ${first.message}`, {
      status: 422,
      details: { issues: this.#issues },
    });
  }
}
