import type { ChannelAccountRepository, ConversationRepository, MessageRepository } from "@crmessenger/kernel/communication";
import type { RoleRepository, TeamRepository, UserRepository } from "@crmessenger/kernel/iam";
import type { ChannelIdentityRepository, ContactRepository, LeadRepository } from "@crmessenger/kernel/sales";
import { ChannelAccountEntity } from "../entities/channel-account-entity.ts";
import { ChannelIdentityEntity } from "../entities/channel-identity-entity.ts";
import { ContactEntity } from "../entities/contact-entity.ts";
import { ConversationEntity } from "../entities/conversation-entity.ts";
import { LeadEntity } from "../entities/lead-entity.ts";
import { MessageEntity } from "../entities/message-entity.ts";
import { RoleEntity } from "../entities/role-entity.ts";
import { TeamEntity } from "../entities/team-entity.ts";
import { UserEntity } from "../entities/user-entity.ts";
import { type RepositoryServices, createRepository } from "./create-repository.ts";

export interface Repositories {
  readonly contacts: ContactRepository;
  readonly identities: ChannelIdentityRepository;
  readonly leads: LeadRepository;
  readonly channelAccounts: ChannelAccountRepository;
  readonly conversations: ConversationRepository;
  readonly messages: MessageRepository;
  readonly users: UserRepository;
  readonly teams: TeamRepository;
  readonly roles: RoleRepository;
}

export function createRepositories(services: RepositoryServices): Repositories {
  return {
    contacts: createRepository(services, ContactEntity),
    identities: createRepository(services, ChannelIdentityEntity),
    leads: createRepository(services, LeadEntity),
    channelAccounts: createRepository(services, ChannelAccountEntity),
    conversations: createRepository(services, ConversationEntity),
    messages: createRepository(services, MessageEntity),
    users: createRepository(services, UserEntity),
    teams: createRepository(services, TeamEntity),
    roles: createRepository(services, RoleEntity),
  };
}
