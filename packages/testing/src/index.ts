export { createTestKernel, type TestKernel, type TestKernelOptions } from "./kernel/create-test-kernel.ts";
export { type LogLine, type RecordingLogger, createRecordingLogger } from "./kernel/recording-logger.ts";
export { TEST_EPOCH, type TestClock, createTestClock } from "./time/test-clock.ts";
export { type EventuallyOptions, eventually } from "./time/eventually.ts";
export { type Gate, createGate } from "./time/gate.ts";
export { sequentialIds } from "./ids/sequential-ids.ts";
export { type FaultPlan, createFaultPlan } from "./faults/fault-plan.ts";
export { type DisturbOptions, disturbed } from "./faults/disturbed.ts";
export { type JumpingClock, createJumpingClock } from "./faults/jumping-clock.ts";
export { fullStorage } from "./faults/full-storage.ts";
export { lostConnection } from "./faults/lost-connection.ts";
export { type StorageHarness, type TestDatabase } from "./storage/storage-harness.ts";
export { describeUnitOfWork } from "./storage/unit-of-work/describe-unit-of-work.ts";
export { describeRepository } from "./storage/repository/describe-repository.ts";
export { describeEventLog } from "./storage/event-log/describe-event-log.ts";
export { describeJobs } from "./storage/jobs/describe-jobs.ts";
export { describeCollections } from "./storage/describe-collections.ts";
export { describeSecrets } from "./storage/describe-secrets.ts";
export { describeSettings } from "./storage/describe-settings.ts";
export { describeLeases } from "./storage/describe-leases.ts";
export { describeRateBudget } from "./storage/describe-rate-budget.ts";
export { describeIdempotency } from "./storage/describe-idempotency.ts";
export { describeAuditor } from "./storage/describe-auditor.ts";
export { describeTimeline } from "./storage/describe-timeline.ts";
export { describeIntake } from "./storage/intake/describe-intake.ts";
export { describeCriteria } from "./storage/describe-criteria.ts";
export { describeAttributeIndexes } from "./storage/describe-attribute-indexes.ts";
export { describeDurability } from "./storage/describe-durability.ts";
export { describeStorageContracts } from "./storage/describe-storage-contracts.ts";
export { type FileStorageHarness, type FileStorageUnderTest, describeStorage } from "./files/describe-storage.ts";
export { type IamHarness } from "./iam/iam-harness.ts";
export { describePermissionManager } from "./iam/describe-permission-manager.ts";
export { describeAuthenticator } from "./iam/describe-authenticator.ts";
export { type RecordingHost, createRecordingHost } from "./communication/recording-host.ts";
export {
  type ChannelHarness,
  type ChannelUnderTest,
  type CustomerSide,
  describeChannel,
} from "./communication/describe-channel.ts";
export {
  type LoginFlowHarness,
  type LoginFlowUnderTest,
  describeLoginFlow,
} from "./communication/describe-login-flow.ts";
export { followLogin } from "./communication/follow-login.ts";
export { type RunSuiteOptions, type TestReport, failuresOf, runSuite } from "./suite/run-suite.ts";
export { type PluginHarness } from "./plugin/plugin-harness.ts";
export { describePlugin } from "./plugin/describe-plugin.ts";
export {
  type HttpExchange,
  type HttpRecorder,
  type RecordedHttp,
  createRecordedHttp,
  recordHttp,
} from "./http/recorded-http.ts";
export { suiteOfPlugins, suitesOfContracts, suitesOfRegistries, suitesOfSuites } from "./suites.ts";
export { type ProjectionHarness, describeProjection } from "./analytics/describe-projection.ts";
export {
  type CrmProviderHarness,
  type CrmProviderUnderTest,
  type CrmSide,
  describeCrmProvider,
} from "./crm/describe-crm-provider.ts";
export { type CustomFieldHarness, describeCustomFieldManager } from "./fields/describe-custom-field-manager.ts";
export {
  type WebhookDispatcherHarness,
  type WebhookDraft,
  describeWebhookDispatcher,
} from "./webhooks/describe-webhook-dispatcher.ts";
export { RECORDING_TARGET, type RecordingTarget, createRecordingTarget } from "./webhooks/recording-target.ts";
