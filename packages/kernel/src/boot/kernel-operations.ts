import { z } from "zod";
import { defineQuery } from "../bus/operation.ts";
import { json } from "../schema.ts";
import type { Explanation } from "./explain.ts";
import type { Inspection } from "./inspection.ts";

const name = z.string();
const names = z.array(name).readonly();
const error = z.object({ code: name, message: name });

const inspection: z.ZodType<Inspection> = z.object({
  plugins: z
    .array(
      z.object({
        id: name,
        version: name,
        status: z.enum(["booted", "started", "failed", "stopped", "disabled"]),
        optional: z.boolean(),
        placement: name,
        deps: names,
        provides: names,
        operations: names,
        jobs: names,
        routes: names,
        subscriptions: z.array(z.object({ name, topics: names })).readonly(),
        bootMs: z.number(),
        startMs: z.number(),
        failure: name.exactOptional(),
      }),
    )
    .readonly(),
  contracts: z.record(name, name),
  hooks: z
    .array(
      z.object({
        name,
        kind: z.enum(["guard", "transform", "around", "observe"]),
        taps: z.array(z.object({ plugin: name, stage: name })).readonly(),
      }),
    )
    .readonly(),
  readyMs: z.number(),
});

const explanation: z.ZodType<Explanation> = z.object({
  operation: name,
  actor: name,
  outcome: z.enum(["allowed", "refused", "failed"]),
  output: json.exactOptional(),
  error: error.exactOptional(),
  steps: z
    .array(
      z.object({
        point: name,
        kind: z.enum(["guard", "transform", "around", "observe"]),
        plugin: name,
        stage: name,
        milliseconds: z.number(),
        verdict: z.enum(["allow", "deny"]).exactOptional(),
        reason: name.exactOptional(),
        changes: z
          .array(z.object({ path: name, from: z.unknown(), to: z.unknown() }))
          .readonly()
          .exactOptional(),
        error: error.exactOptional(),
      }),
    )
    .readonly(),
});

/** Answered by the kernel itself. */
export const InspectKernel = defineQuery({
  name: "kernel.application.inspect",
  description: "The plugins of the application, their contracts and hooks, and how long they took to start.",
  input: z.object({}),
  output: inspection,
  permission: "kernel.application.inspect",
  http: { method: "GET", path: "/kernel" },
});

/** Answered by the kernel itself. */
export const ExplainOperation = defineQuery({
  name: "kernel.operation.explain",
  description:
    "Tries a command or query as the caller, without effect, and says what each guard, transform and voter did.",
  input: z.object({ operation: z.string().min(1).max(200), input: json }),
  output: explanation,
  secrets: ["input", "output"], // whatever that operation keeps secret
  permission: "kernel.operation.explain",
  http: { method: "POST", path: "/kernel/explain" },
});
