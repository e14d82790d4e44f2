import type { Units } from "../database/unit-of-work.ts";
import type { Orm } from "./orm.ts";

/** MikroORM costs a start a good deal of time and memory and is only needed for changes, so it is loaded with the first. */
export class LazyOrm {
  readonly #units: Units;
  readonly #schema: string | undefined;
  #orm: Promise<Orm> | undefined;

  constructor(units: Units, schema?: string) {
    this.#units = units;
    this.#schema = schema;
  }

  load(): Promise<Orm> {
    return (this.#orm ??= import("./orm.ts").then(({ Orm }) => new Orm(this.#units, this.#schema)));
  }
}
