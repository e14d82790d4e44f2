import { expect, test } from "vitest";
import { getConstructionPlans } from "pg-boss";
import { splitScript } from "./split-script.ts";

test("splits at the semicolons between statements and at no others", () => {
  const script = `
    begin; -- a comment; not a statement
    create function f() returns text as $$ begin return ';'; end $$ language plpgsql;
    select 'it''s; one', "odd;name", $tag$ a ; $$ b $tag$ /* ; */;
    ;commit
  `;
  expect(splitScript(script)).toEqual([
    "begin",
    "-- a comment; not a statement\n    create function f() returns text as $$ begin return ';'; end $$ language plpgsql",
    `select 'it''s; one', "odd;name", $tag$ a ; $$ b $tag$ /* ; */`,
    "commit",
  ]);
});

test("finds the statements that pg-boss installs itself with", () => {
  const statements = splitScript(getConstructionPlans("jobs"));
  expect(statements[0]).toBe("BEGIN");
  expect(statements.at(-1)).toBe("COMMIT");
  for (const statement of statements) expect(statement).toMatch(/^(BEGIN|COMMIT|SET|SELECT|CREATE|ALTER|INSERT|DO)\b/);
});
