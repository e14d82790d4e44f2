import { sanitiseText } from "@crmessenger/kernel/communication";
import type { Json } from "@crmessenger/kernel/infrastructure";

/** The edge where foreign text comes in: what storage can't hold is replaced, and it is remembered that it was. */
export class TextEdge {
  #changed = false;

  /** Whether anything had to be replaced so far. */
  get changed(): boolean {
    return this.#changed;
  }

  clean(text: string): string {
    const result = sanitiseText(text);
    this.#changed ||= result.sanitised;
    return result.text;
  }

  /** Cleans, then shortens to `length` code units without cutting a character in two. */
  clip(text: string, length: number): string {
    const clean = this.clean(text);
    if (clean.length <= length) return clean;
    return clean.slice(0, length).replace(/[\uD800-\uDBFF]$/, "");
  }

  /** Cleans every string inside plain data. */
  cleanAll(value: Json): Json {
    if (typeof value === "string") return this.clean(value);
    if (Array.isArray(value)) return value.map((item: Json) => this.cleanAll(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.clean(key), this.cleanAll(item as Json)]),
    );
  }
}
