/**
 * Which suites an implementation of a contract must call in its tests, by the name that the contract is imported under.
 * A contract that is not here has one implementation, or is verified by that of another.
 */
export const suitesOfContracts: Readonly<Record<string, readonly string[]>> = {
  UnitOfWork: ["describeUnitOfWork"],
  ContactRepository: ["describeRepository", "describeCriteria"],
  LeadRepository: ["describeRepository", "describeCriteria"],
  PipelineRepository: ["describeRepository"],
  DealRepository: ["describeRepository"],
  ChannelIdentityRepository: ["describeRepository"],
  ChannelAccountRepository: ["describeRepository"],
  ConversationRepository: ["describeRepository"],
  MessageRepository: ["describeRepository"],
  UserRepository: ["describeRepository"],
  TeamRepository: ["describeRepository"],
  RoleRepository: ["describeRepository"],
  AttributeIndexes: ["describeAttributeIndexes"],
  Auditor: ["describeAuditor"],
  Timeline: ["describeTimeline"],
  Idempotency: ["describeIdempotency"],
  Intake: ["describeIntake"],
  EventLog: ["describeEventLog"],
  Jobs: ["describeJobs"],
  Collections: ["describeCollections"],
  Secrets: ["describeSecrets"],
  Settings: ["describeSettings"],
  Leases: ["describeLeases"],
  RateBudget: ["describeRateBudget"],
  Storage: ["describeStorage"],
  Authenticator: ["describeAuthenticator"],
  PermissionManager: ["describePermissionManager"],
  CustomFieldManager: ["describeCustomFieldManager"],
  WebhookDispatcher: ["describeWebhookDispatcher"],
};

/** Which suites a plugin must call that registers a part with one of these. */
export const suitesOfRegistries: Readonly<Record<string, readonly string[]>> = {
  ChannelRegistry: ["describeChannel", "describeLoginFlow"],
  CrmProviders: ["describeCrmProvider"],
  Projections: ["describeProjection"],
};

/** Suites that call others. */
export const suitesOfSuites: Readonly<Record<string, readonly string[]>> = {
  describeStorageContracts: [
    "describeUnitOfWork",
    "describeRepository",
    "describeCriteria",
    "describeCollections",
    "describeSecrets",
    "describeSettings",
    "describeAuditor",
    "describeTimeline",
    "describeIdempotency",
    "describeLeases",
    "describeRateBudget",
    "describeEventLog",
    "describeJobs",
    "describeIntake",
    "describeDurability",
    "describeAttributeIndexes",
  ],
};

/** Every plugin calls this one. */
export const suiteOfPlugins = "describePlugin";
