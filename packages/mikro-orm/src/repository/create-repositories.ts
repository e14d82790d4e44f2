import type {
  ChannelAccountRepository,
  ConversationRepository,
  MessageRepository,
} from "@crmessenger/kernel/communication";
import type { RoleRepository, TeamRepository, UserRepository } from "@crmessenger/kernel/iam";
import type {
  ChannelIdentityRepository,
  ContactRepository,
  DealRepository,
  LeadRepository,
  PipelineRepository,
} from "@crmessenger/kernel/sales";
import { channelAccountRecord } from "../entities/channel-account-record.ts";
import { channelIdentityRecord } from "../entities/channel-identity-record.ts";
import { contactRecord } from "../entities/contact-record.ts";
import { conversationRecord } from "../entities/conversation-record.ts";
import { dealRecord } from "../entities/deal-record.ts";
import { leadRecord } from "../entities/lead-record.ts";
import { messageRecord } from "../entities/message-record.ts";
import { pipelineRecord } from "../entities/pipeline-record.ts";
import { roleRecord } from "../entities/role-record.ts";
import { teamRecord } from "../entities/team-record.ts";
import { userRecord } from "../entities/user-record.ts";
import { type RepositoryServices, createRepository } from "./create-repository.ts";

export interface Repositories {
  readonly contacts: ContactRepository;
  readonly identities: ChannelIdentityRepository;
  readonly leads: LeadRepository;
  readonly pipelines: PipelineRepository;
  readonly deals: DealRepository;
  readonly channelAccounts: ChannelAccountRepository;
  readonly conversations: ConversationRepository;
  readonly messages: MessageRepository;
  readonly users: UserRepository;
  readonly teams: TeamRepository;
  readonly roles: RoleRepository;
}

export function createRepositories(services: RepositoryServices): Repositories {
  return {
    contacts: createRepository(services, contactRecord),
    identities: createRepository(services, channelIdentityRecord),
    leads: createRepository(services, leadRecord),
    pipelines: createRepository(services, pipelineRecord),
    deals: createRepository(services, dealRecord),
    channelAccounts: createRepository(services, channelAccountRecord),
    conversations: createRepository(services, conversationRecord),
    messages: createRepository(services, messageRecord),
    users: createRepository(services, userRecord),
    teams: createRepository(services, teamRecord),
    roles: createRepository(services, roleRecord),
  };
}
