export { contract, contractId, contractName, type Contract, type ImplementationOf } from "./contract.ts";
export { CrmError, isCrmError, toCrmError, type CrmErrorOptions, type PlainError } from "./errors/crm-error.ts";
export { type Actor, systemActor } from "./context/actor.ts";
export {
  DEFAULT_TENANT,
  type ExecutionContext,
  executionContext,
  requireUnitOfWork,
  runInContext,
  runOutsideUnitOfWork,
  runWithContext,
} from "./context/execution-context.ts";
export {
  type HttpBinding,
  type Command,
  type Operation,
  type Query,
  defineCommand,
  defineQuery,
} from "./bus/operation.ts";
export { type EventDefinition, defineEvent } from "./bus/event-definition.ts";
export {
  type CommandContext,
  type Handler,
  type HandlerOptions,
  type QueryContext,
  answer,
  handle,
} from "./bus/handler.ts";
export { KernelHooks, type OperationCall, type OperationOutcome } from "./bus/kernel-hooks.ts";
export { covers } from "./bus/permission-pattern.ts";
export {
  type HookKind,
  type HookPoint,
  type TapFunction,
  type Verdict,
  aroundPoint,
  guardPoint,
  observePoint,
  transformPoint,
} from "./hooks/hook-point.ts";
export { type HookTaps } from "./hooks/hook-registry.ts";
export {
  type AroundHook,
  type Decision,
  type GuardHook,
  type HookOf,
  type ObserveHook,
  type TransformHook,
} from "./hooks/hook.ts";
export { type Stage, type TapOptions } from "./hooks/tap.ts";
export { definePlugin, optional, type PluginFactory } from "./plugin/define-plugin.ts";
export {
  type Contracts,
  type DeliveredEvent,
  type EventSubscriptions,
  type Health,
  type HealthStatus,
  type JobHandler,
  type Plugin,
  type PluginContext,
  type PluginDefinition,
  type Services,
  type SubscribeOptions,
  type Wiring,
  work,
} from "./plugin/plugin.ts";
export { type Placement, type PlacementServices } from "./plugin/placement.ts";
export { createKernel, type Kernel, type KernelOptions } from "./boot/create-kernel.ts";
export { type HealthReport } from "./boot/health.ts";
export { type Inspection, type PluginInspection, type PluginStatus } from "./boot/inspection.ts";
export { type DependencyContainer } from "./container.ts";
