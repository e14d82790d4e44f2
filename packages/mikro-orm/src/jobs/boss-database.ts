import { executionContext, isCrmError } from "@crmessenger/kernel";
import type { UnitOfWork } from "@crmessenger/kernel/infrastructure";
import type { Database, Row } from "../database/database.ts";
import { splitScript } from "./split-script.ts";

/** What pg-boss wants of a database. */
export interface BossDatabase {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

const TRANSACTION = /^(begin|commit)\b/i;

/**
 * Lets pg-boss go through our door, so that what it does inside a unit of work is part of it. Its scripts of several
 * statements become units of work of their own, which both engines know how to run.
 */
export function bossDatabase(database: Database, unitOfWork: UnitOfWork): BossDatabase {
  const run = async (text: string, values: readonly unknown[] = []) => [...(await database.query(text, values)).rows];
  return {
    async executeSql(text, values) {
      try {
        if (values?.length || executionContext().unitOfWork) return { rows: await run(text, values) };
        const statements = splitScript(text).filter((statement) => !TRANSACTION.test(statement));
        if (statements.length === 1) return { rows: await run(statements[0] as string) };
        return await unitOfWork.run(async () => {
          const rows: Row[] = [];
          for (const statement of statements) rows.push(...(await run(statement)));
          return { rows };
        });
      } catch (error) {
        throw inItsTerms(error);
      }
    },
  };
}

/** pg-boss goes by SQLSTATE where a unique key decides a race. */
function inItsTerms(error: unknown): unknown {
  return isCrmError(error, "CRM_STORAGE_DUPLICATE")
    ? Object.assign(new Error(error.message, { cause: error }), { code: "23505" })
    : error;
}
