import { z } from "zod";
import { criteriaSchema } from "@crmessenger/kernel/infrastructure";

export type Schema = Readonly<Record<string, unknown>>;

const PREFIX = "#/components/schemas/";

/** JSON Schemas of an OpenAPI document: what a schema refers to within itself moves to the document's components. */
export class ComponentSchemas {
  readonly #components: Record<string, Schema> = {};
  /** Definitions that moved already, with the names they got: many schemas bring the same ones. */
  readonly #moved = new Map<string, ReadonlyMap<string, string>>();

  constructor() {
    this.#share("Criteria", criteriaSchema);
    this.#share("Json", z.json());
  }

  get all(): Readonly<Record<string, Schema>> {
    return this.#components;
  }

  add(name: string, schema: Schema): Schema {
    this.#components[name] = schema;
    return { $ref: PREFIX + name };
  }

  /** The JSON Schema of what goes in or comes out; `name` is unique in the document. */
  schemaOf(name: string, source: z.ZodType, io: "input" | "output"): Schema {
    const { $defs, schema } = split(
      z.toJSONSchema(source, {
        io,
        unrepresentable: "any",
        override: ({ zodSchema, jsonSchema }) => {
          if ((zodSchema as unknown) === criteriaSchema) Object.assign(jsonSchema, { $ref: `${PREFIX}Criteria` });
        },
      }),
    );
    const refersToItself = JSON.stringify([schema, $defs]).includes('"$ref":"#"');
    const own = new Map(Object.keys($defs).map((key) => [`#/$defs/${key}`, `${name}.${key.replaceAll("__", "")}`]));
    if (refersToItself) own.set("#", name);
    const names = this.#move($defs, own);
    const linked = relink(schema, names);
    return refersToItself ? this.add(name, linked) : linked;
  }

  #move($defs: Readonly<Record<string, Schema>>, own: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    const key = JSON.stringify($defs);
    const earlier = own.has("#") ? undefined : this.#moved.get(key);
    if (earlier) return earlier;
    for (const [name, definition] of Object.entries($defs)) {
      this.add(own.get(`#/$defs/${name}`) as string, relink(definition, own));
    }
    this.#moved.set(key, own);
    return own;
  }

  /** A schema that is one recursive definition gets a name of its own in the document. */
  #share(name: string, source: z.ZodType): void {
    const { $defs, schema } = split(z.toJSONSchema(source, { io: "output" }));
    this.#move($defs, new Map([[schema["$ref"] as string, name]]));
  }
}

function split(source: Schema): { readonly schema: Schema; readonly $defs: Readonly<Record<string, Schema>> } {
  const { $schema: _, $defs = {}, ...schema } = source as { $schema?: string; $defs?: Record<string, Schema> };
  return { schema, $defs };
}

function relink(schema: Schema, names: ReadonlyMap<string, string>): Schema {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    const name = key === "$ref" && typeof value === "string" ? names.get(value) : undefined;
    return name === undefined ? value : PREFIX + name;
  }) as Schema;
}
