import { z } from "zod";
import { defineCommand, defineQuery } from "../bus/operation.ts";
import { criteriaSchema } from "../infrastructure/criteria-schema.ts";
import { pageOf, pageRequestFields } from "../infrastructure/page-schema.ts";
import { entityFields, id, timestamp } from "../schema.ts";
import type { Grant, Role } from "./role.ts";
import type { Team } from "./team.ts";
import type { User } from "./user.ts";

export const userSchema: z.ZodType<User> = z.object({
  ...entityFields,
  email: z.string(),
  name: z.string(),
  roleIds: z.array(id).readonly(),
  teamIds: z.array(id).readonly(),
  timeZone: z.string(),
  locale: z.string(),
  active: z.boolean(),
});

export const grantSchema: z.ZodType<Grant> = z.strictObject({
  permission: z.string().regex(/^[a-z][a-z0-9.-]*\*?$|^\*$/),
  scope: z.enum(["own", "team", "all"]),
  criteria: criteriaSchema.exactOptional(),
});

export const roleSchema: z.ZodType<Role> = z.object({
  ...entityFields,
  name: z.string(),
  grants: z.array(grantSchema).readonly(),
});
export const teamSchema: z.ZodType<Team> = z.object({ ...entityFields, name: z.string(), parentId: id.nullable() });

const userFields = {
  name: z.string().min(1).max(200),
  roleIds: z.array(id).max(50).default([]),
  teamIds: z.array(id).max(50).default([]),
  timeZone: z.string().min(1).max(64).default("UTC"),
  locale: z.string().min(2).max(35).default("en"),
};

export const CreateUser = defineCommand({
  name: "iam.user.create",
  description: "Adds a person who works with the CRM, with a password to sign in with.",
  input: z.object({
    ...userFields,
    email: z
      .email()
      .max(320)
      .transform((email) => email.toLowerCase()),
    password: z.string().min(10).max(200).exactOptional(),
  }),
  output: userSchema,
  secrets: ["password"],
  permission: "iam.user.manage",
  http: { method: "POST", path: "/users", status: 201 },
});

export const UpdateUser = defineCommand({
  name: "iam.user.update",
  description: "Changes a user; an inactive user can't sign in and loses every session.",
  input: z.object({
    id,
    name: userFields.name.exactOptional(),
    roleIds: z.array(id).max(50).exactOptional(),
    teamIds: z.array(id).max(50).exactOptional(),
    active: z.boolean().exactOptional(),
  }),
  output: userSchema,
  permission: "iam.user.manage",
  http: { method: "PATCH", path: "/users/:id" },
});

export const ListUsers = defineQuery({
  name: "iam.user.list",
  description: "The people who work with the CRM.",
  input: z.object({ ...pageRequestFields }),
  output: pageOf(userSchema),
  permission: "iam.user.read",
  http: { method: "GET", path: "/users" },
});

export const GetMe = defineQuery({
  name: "iam.me.get",
  description: "Who the caller is.",
  input: z.object({}),
  output: userSchema,
  permission: null,
  http: { method: "GET", path: "/me" },
});

export const CreateTeam = defineCommand({
  name: "iam.team.create",
  description: "Adds a team, below another one or at the top.",
  input: z.object({ name: z.string().min(1).max(200), parentId: id.nullable().default(null) }),
  output: teamSchema,
  permission: "iam.team.manage",
  http: { method: "POST", path: "/teams", status: 201 },
});

export const SaveRole = defineCommand({
  name: "iam.role.save",
  description: "Creates the role of this name, or replaces its grants.",
  input: z.object({ name: z.string().min(1).max(100), grants: z.array(grantSchema).max(500) }),
  output: roleSchema,
  permission: "iam.role.manage",
  http: { method: "PUT", path: "/roles/:name" },
});

export const ListRoles = defineQuery({
  name: "iam.role.list",
  description: "The roles with their grants.",
  input: z.object({ ...pageRequestFields }),
  output: pageOf(roleSchema),
  permission: "iam.role.manage",
  http: { method: "GET", path: "/roles" },
});

export const CreateApiKey = defineCommand({
  name: "iam.api-key.create",
  description: "Makes a key that acts as the caller, optionally limited to some permissions. It is shown this once.",
  input: z.object({
    name: z.string().min(1).max(100),
    permissions: z.array(z.string()).max(100).exactOptional(),
    expiresAt: timestamp.exactOptional(),
  }),
  output: z.object({ id, key: z.string() }),
  secrets: ["key"],
  permission: "iam.api-key.manage",
  http: { method: "POST", path: "/api-keys", status: 201 },
});

export const RevokeApiKey = defineCommand({
  name: "iam.api-key.revoke",
  description: "Ends a key.",
  input: z.object({ id }),
  output: z.object({}),
  permission: "iam.api-key.manage",
  http: { method: "DELETE", path: "/api-keys/:id" },
});
