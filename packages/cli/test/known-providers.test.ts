import { communication } from "@crmessenger/communication";
import { http } from "@crmessenger/http";
import { iam } from "@crmessenger/iam";
import { type Plugin, contractId } from "@crmessenger/kernel";
import { memory } from "@crmessenger/memory";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { httpClient, node } from "@crmessenger/node";
import { sales } from "@crmessenger/sales";
import { expect, test } from "vitest";
import { knownProviders } from "../src/doctor/known-providers.ts";

const PLUGINS: Readonly<Record<string, Plugin>> = {
  "communication()": communication(),
  "http()": http(),
  "httpClient()": httpClient(),
  "iam()": iam(),
  "memory()": memory(),
  "mikroOrm()": mikroOrm(),
  "node()": node(),
  "sales()": sales(),
};

const provided = Object.entries(PLUGINS).flatMap(([name, { definition }]) =>
  Object.values(definition.provides ?? {}).map((reference) => [contractId(reference), name] as const),
);

/** Their owners' own business: nobody else is meant to need them. */
const PRIVATE = ["http.handler@1"];
/** Built into every kernel. */
const BUILT_IN = ["infrastructure.logger@1"];

test.each(provided.filter(([id]) => ![...PRIVATE, ...BUILT_IN].includes(id)))(
  "%s is known to come with %s",
  (id, name) => {
    expect(knownProviders(id).join()).toContain(name);
  },
);

test("no plugin is suggested for what it does not provide", () => {
  for (const id of new Set(provided.map(([contract]) => contract)))
    for (const suggestion of knownProviders(id))
      for (const name of suggestion.match(/\w+\(\)/g) ?? [])
        expect(provided, `${id} by ${name}`).toContainEqual([id, name]);
  expect(knownProviders("testing.nothing@1")).toEqual([]);
});
