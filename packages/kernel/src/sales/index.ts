export { type ChannelIdentity, ChannelIdentityRepository, type IdentityClaim } from "./channel-identity.ts";
export { type Contact, ContactRepository } from "./contact.ts";
export { ContactCreated, ContactUpdated, LeadAssigned, LeadCreated, LeadStatusChanged, LeadUpdated } from "./events.ts";
export { SalesHooks } from "./hooks.ts";
export { type Lead, LeadRepository } from "./lead.ts";
export { IdentityNormaliser } from "./identity-normaliser.ts";
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
export { channelIdentitySchema, contactSchema, identityClaimSchema, leadSchema, leadSourceSchema } from "./schemas.ts";
export { LeadStates } from "../boot/kernel-contracts.ts";
