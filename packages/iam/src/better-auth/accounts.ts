import { defineCollection } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

const accountSchema = z.object({
  id: z.string(),
  userId: z.string(),
  /** `credential` for a password; the name of an identity provider otherwise. */
  providerId: z.string(),
  /** The user's id at the provider; our own for a password. */
  accountId: z.string(),
  /** Salted and stretched with scrypt. */
  password: z.string().nullish(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

/** One way in which a user proves who they are. */
export type Account = z.infer<typeof accountSchema>;

export const accounts = defineCollection("iam.accounts", {
  schema: accountSchema,
  unique: { account: ["providerId", "accountId"] },
  indexes: ["userId"],
});
