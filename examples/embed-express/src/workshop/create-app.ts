import type { IncomingMessage } from "node:http";
import { requestHandler } from "@crmessenger/http";
import { type Kernel, isCrmError } from "@crmessenger/kernel";
import express, { type ErrorRequestHandler, type Express } from "express";
import { z } from "zod";
import { registerRepair } from "../crm/register-repair.ts";
import type { WorkshopRoles } from "../crm/workshop-roles.ts";
import type { Person, WorkshopDatabase } from "./workshop-database.ts";

export interface Workshop {
  readonly database: WorkshopDatabase;
  readonly kernel: Kernel;
  readonly roles: WorkshopRoles;
}

const repairInput = z.strictObject({ customer: z.string().min(1).max(500), bicycle: z.string().min(1).max(500) });

/** The workshop's service, with CRMessenger's API below `/crm` where there is one. */
export function createApp(workshop: Workshop, { api }: { readonly api: boolean }): Express {
  const { database, kernel, roles } = workshop;
  const personBy = ({ headers }: IncomingMessage): Person | undefined => {
    const token = headers["x-workshop-token"];
    return database.personBy(typeof token === "string" ? token : undefined);
  };
  const app = express();
  if (api) {
    const subjectOf = (request: IncomingMessage) => {
      const person = personBy(request);
      return person && roles.subjectOf(person);
    };
    app.use("/crm", requestHandler(kernel, { subjectOf })); // before express.json(): it reads bodies itself
  }
  app.use(express.json());

  app.get("/repairs", (request, response) => {
    if (!personBy(request)) return void response.status(401).json({ error: "Send your token as X-Workshop-Token." });
    response.json(database.repairs());
  });

  app.post("/repairs", async (request, response) => {
    const person = personBy(request);
    if (!person) return void response.status(401).json({ error: "Send your token as X-Workshop-Token." });
    const { data, error } = repairInput.safeParse(request.body);
    if (error) return void response.status(422).json({ error: z.prettifyError(error) });
    const repair = database.takeIn({ ...data, takenBy: person.id });
    const leadId = await registerRepair(kernel, roles.subjectOf(person), repair);
    database.registered(repair.id, leadId);
    response.status(201).json({ ...repair, leadId });
  });

  app.use(answerErrors);
  return app;
}

/** Express knows error handlers by their four parameters. */
const answerErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  if (isCrmError(error) && error.status < 500) return void response.status(error.status).json({ error: error.message });
  console.error(error);
  response.status(500).json({ error: "Something went wrong here." });
};
