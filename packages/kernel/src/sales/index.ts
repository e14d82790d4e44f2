export { type ChannelIdentity, ChannelIdentityRepository, type IdentityClaim } from "./channel-identity.ts";
export { type Contact, ContactRepository } from "./contact.ts";
export { ContactCreated, ContactUpdated, LeadAssigned, LeadCreated, LeadStatusChanged, LeadUpdated } from "./events.ts";
export { type EntityChange } from "./entity-change.ts";
export { SalesHooks } from "./hooks.ts";
export { type Lead, LeadRepository } from "./lead.ts";
export { IdentityNormaliser } from "./identity-normaliser.ts";
export { leadShape } from "./lead-shape.ts";
export { type LeadSource } from "./lead-source.ts";
export { type LeadState, type LeadStatus, leadStates } from "./lead-state.ts";
export {
  AssignLead,
  ChangeLeadStatus,
  CreateContact,
  CreateLead,
  GetContact,
  GetLead,
  ListContacts,
  ListLeads,
  UpdateContact,
  UpdateLead,
  contactWithIdentities,
} from "./operations.ts";
export {
  type LeadV1,
  channelIdentitySchema,
  contactSchema,
  identityClaimSchema,
  leadSchema,
  leadSourceSchema,
} from "./schemas.ts";
export { LeadStates } from "../boot/kernel-contracts.ts";
export { type Company, CompanyRepository } from "./company.ts";
export {
  type Attached,
  type ConversionPlan,
  ConversionStrategies,
  type ConversionStrategy,
} from "./conversion-strategy.ts";
export {
  type CrmCapabilities,
  type CrmChange,
  type CrmEntityKind,
  type CrmMessage,
  type CrmProvider,
  type CrmProviderState,
  CrmProviders,
  type CrmRecord,
  type CrmReference,
  type CrmSaveResult,
  type CrmSnapshot,
} from "./crm-provider.ts";
export { type Deal, DealRepository } from "./deal.ts";
export { DealCreated, DealLost, DealStageChanged, DealUpdated, DealWon, LeadConverted } from "./deal-events.ts";
export { DealHooks } from "./deal-hooks.ts";
export {
  AssignDeal,
  CreateDeal,
  CreatePipeline,
  GetDeal,
  ListDeals,
  ListPipelines,
  MoveDeal,
  UpdateDeal,
  UpdatePipeline,
} from "./deal-operations.ts";
export { companySchema, dealSchema, pipelineSchema, stageSchema } from "./deal-schemas.ts";
export {
  type ConversionOptions,
  type ConversionResult,
  type Convertible,
  LeadConverter,
  conversionOptionsSchema,
  conversionResultSchema,
} from "./lead-converter.ts";
export { type Money, moneySchema } from "./money.ts";
export { type OwnerId } from "./owner-id.ts";
export { type Pipeline, PipelineRepository, type Stage, defaultStages } from "./pipeline.ts";
