import { timingSafeEqual } from "node:crypto";
import type { Route, RouteResponse } from "@crmessenger/kernel/http";
import { json } from "@crmessenger/kernel/http";
import type { Jobs } from "@crmessenger/kernel/infrastructure";
import { parse } from "qs";
import { z } from "zod";
import type { AccountSetup } from "../connection/account-setup.ts";
import { PullEntities } from "../jobs/definitions.ts";
import type { LinkKind } from "../links/entity-links.ts";

/** Custom fields nest deeper, and batches are longer, than the parser takes by itself: it would lose what is beyond. */
const FORM = { depth: 20, arrayLimit: 1_000, parameterLimit: 20_000 };

const hook = z.object({ account: z.object({ id: z.coerce.number() }) }).loose();

/**
 * Where amoCRM tells of changes, as forms without a signature: the address holds a secret, and what a hook says is
 * only taken as a reason to look.
 */
export function crmHookRoute(parts: {
  readonly setup: AccountSetup;
  readonly jobs: Jobs;
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
}): Route {
  return {
    method: "POST",
    path: "/hooks/amocrm/crm/:secret",
    authentication: "none",
    async handle({ params, body }) {
      return parts.run(async () => {
        if (!(await isOurs(parts.setup, params["secret"] ?? ""))) return refusal(404, "There is nothing here.");
        const form = hook.safeParse(parse(Buffer.from(body).toString("utf8"), FORM));
        if (!form.success) return refusal(422, "The body is not one of amoCRM's webhooks.");
        const facts = await parts.setup.knownFacts();
        if (facts !== undefined && facts.accountId !== form.data.account.id) {
          return refusal(422, "The webhook is about another account.");
        }
        const kinds: LinkKind[] = [];
        if ("leads" in form.data) kinds.push("lead");
        if ("contacts" in form.data) kinds.push("contact");
        for (const kind of kinds) await parts.jobs.enqueue(PullEntities, { kind, failures: 0 }, { key: kind });
        return json(200, {});
      });
    },
  };
}

async function isOurs(setup: AccountSetup, given: string): Promise<boolean> {
  const expected = Buffer.from(await setup.webhookSecret());
  const actual = Buffer.from(given);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function refusal(status: number, detail: string): RouteResponse {
  return json(
    status,
    { type: "about:blank", status, code: "CRM_AMOCRM_WEBHOOK", detail },
    { "content-type": "application/problem+json" },
  );
}
