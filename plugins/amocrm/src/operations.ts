import { defineCommand, defineQuery } from "@crmessenger/kernel";
import { z } from "zod";
import { connectionState } from "./connection/connection.ts";

/** Begins to connect the account: its owner opens the address and grants access. */
export const ConnectAmoCrm = defineCommand({
  name: "amocrm.connect",
  description: "Answers the address where the owner of the amoCRM account grants access.",
  input: z.object({}),
  output: z.object({ url: z.string(), expiresAt: z.string() }),
  permission: "amocrm.connection.manage",
});

/** How the account is doing. */
export const AmoCrmStatus = defineQuery({
  name: "amocrm.status",
  description: "Whether amoCRM is connected, needs a login or is blocked, and how much waits for it.",
  input: z.object({}),
  output: z.object({
    ...connectionState.shape,
    /** Conversations that have something to tell and could not yet; counted up to 500. */
    backlog: z.number().int().nonnegative(),
    /** Conversations that amoCRM refuses, with its reason; at most 20. */
    refused: z.array(z.object({ conversationId: z.string(), reason: z.string() })),
  }),
  permission: "amocrm.connection.read",
});
