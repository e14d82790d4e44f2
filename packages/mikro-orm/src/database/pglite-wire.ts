import type { PGlite, protocol as Protocol } from "@electric-sql/pglite";
import type { QueryResult, Row } from "./database.ts";
import type { Statement } from "./session.ts";
import { translateError } from "./translate-error.ts";
import { type WireParser, toWire, wireParser } from "./wire-values.ts";

type Message = { readonly name: string };
interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/**
 * The wire protocol to PGlite, one message a statement instead of the five of its `query`, and with statements that
 * stay prepared: parsing and planning cost more than running there. PostgreSQL and PGlite thereby share one way of
 * encoding and decoding values.
 */
export class PgliteWire {
  readonly #pglite: PGlite;
  readonly #serialize: typeof Protocol.serialize;
  readonly #tail: readonly Uint8Array[];
  readonly #prepared = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(pglite: PGlite, protocol: typeof Protocol) {
    this.#pglite = pglite;
    this.#serialize = protocol.serialize;
    this.#tail = [
      protocol.serialize.describe({ type: "P" }),
      protocol.serialize.execute({}),
      protocol.serialize.sync(),
    ];
  }

  /** Statements run one after the other, in the order of the calls. */
  query<R extends Row>(statement: Statement): Promise<QueryResult<R>> {
    const result = this.#last.then(() => this.#run<R>(statement));
    this.#last = result.catch(() => {});
    return result;
  }

  async #run<R extends Row>({ sql, parameters, name }: Statement): Promise<QueryResult<R>> {
    const { messages } = await this.#pglite
      .execProtocol(this.#encode(sql, parameters, name), { syncToFs: false, throwOnError: false })
      .catch((error: unknown) => {
        throw translateError(error);
      });
    // A statement is prepared from here on even if this first run of it fails.
    if (name !== undefined && messages.some((message) => message.name === "parseComplete")) this.#prepared.add(name);
    const failure = messages.find((message) => message instanceof Error);
    if (failure) throw translateError(failure);
    return decode<R>(messages);
  }

  #encode(sql: string, parameters: readonly unknown[], name: string | undefined): Uint8Array {
    const known = name !== undefined && this.#prepared.has(name);
    const parse = known ? [] : [this.#serialize.parse({ text: sql, ...(name === undefined ? {} : { name }) })];
    const bind = this.#serialize.bind({
      values: parameters.map(toWire) as never[],
      ...(name === undefined ? {} : { statement: name }),
    });
    return Buffer.concat([...parse, bind, ...this.#tail]);
  }
}

function decode<R extends Row>(messages: readonly Message[]): QueryResult<R> {
  const rows: R[] = [];
  let fields: readonly Field[] = [];
  let parsers: readonly WireParser[] = [];
  let tag = "";
  for (const message of messages) {
    if (message.name === "dataRow")
      rows.push(toRow<R>(fields, parsers, (message as unknown as { fields: (string | null)[] }).fields));
    else if (message.name === "rowDescription") {
      fields = (message as unknown as { fields: Field[] }).fields;
      parsers = fields.map(({ dataTypeID }) => wireParser(dataTypeID));
    } else if (message.name === "commandComplete") tag = (message as unknown as { text: string }).text;
  }
  return { rows, rowCount: Number(/\d+$/.exec(tag)?.[0] ?? 0), command: /^[A-Z]+/.exec(tag)?.[0] ?? "" };
}

function toRow<R extends Row>(
  fields: readonly Field[],
  parsers: readonly WireParser[],
  values: readonly (string | null)[],
): R {
  const row: Record<string, unknown> = {};
  for (let index = 0; index < fields.length; index += 1) {
    const text = values[index] ?? null;
    row[(fields[index] as Field).name] = text === null ? null : (parsers[index] as WireParser)(text);
  }
  return row as R;
}
