import type { SchemaStep } from "../background/migration.ts";

/**
 * The intake's two round trips as functions: one that reads what a group of messages needs to know, and one that
 * writes all its rows. A function keeps its plans, and those made for the empty tables of the first day would scan
 * the full ones later. Hence the settings, and look-ups that leave no choice: one row at a time, by its key.
 */
const BY_INDEX = "set enable_seqscan to off set enable_hashjoin to off set enable_mergejoin to off";

const RECORD = "id, tenant_id, version, created_at, updated_at";

const LEAD_1 = { columns: "status, status_changed_at", values: "r.status, moment", types: "status text" };

export const intakeSchema: readonly SchemaStep[] = [
  { name: "intake-1", statements: [readFunction(), `create ${writeFunction(LEAD_1)}`] },
];

/** The write for leads in version 2. */
export const writeLeadsInVersion2 = `create or replace ${writeFunction({
  columns: "status, status_since, status_reason",
  values: "r.status, moment, r.reason",
  types: "status text, reason text",
})}`;

/** Where a lead's state goes. */
interface LeadState {
  readonly columns: string;
  readonly values: string;
  readonly types: string;
}

/** The newest open lead of a contact. */
function openLead(contact: string): string {
  return `select l.id from leads l where l.contact_id = ${contact} and l.deleted_at is null and l.status <> all (final_statuses) order by l.id desc limit 1`;
}

function readFunction(): string {
  return `create function intake_read(
      accounts uuid[], externals text[], chats text[], replies text[],
      tenants text[], kinds text[], claims text[], final_statuses text[]
    ) returns json language plpgsql stable ${BY_INDEX} as $function$
    declare
      result json;
    begin
      select json_build_object(
        'messages', (
          select json_agg(json_build_object('place', k.place, 'messageId', m.id, 'conversationId', m.conversation_id, 'contactId', c.contact_id, 'leadId', c.lead_id))
          from unnest(accounts, externals) with ordinality k(account, external, place)
          cross join lateral (select m.id, m.conversation_id from messages m where m.channel_account_id = k.account and m.external_id = k.external limit 1) m
          cross join lateral (select c.contact_id, c.lead_id from conversations c where c.id = m.conversation_id limit 1) c
        ),
        'conversations', (
          select json_agg(json_build_object('place', k.place, 'id', c.id, 'contactId', c.contact_id, 'leadId', coalesce(own.id, newest.id)))
          from unnest(accounts, chats) with ordinality k(account, chat, place)
          cross join lateral (
            select c.id, c.contact_id, c.lead_id from conversations c
            where c.channel_account_id = k.account and c.external_id = k.chat and c.deleted_at is null limit 1
          ) c
          left join lateral (select l.id from leads l where l.id = c.lead_id and l.deleted_at is null and l.status <> all (final_statuses) limit 1) own on true
          left join lateral (select l.id from (${openLead("c.contact_id")}) l where own.id is null) newest on true
        ),
        'people', (
          select json_agg(json_build_object('place', k.place, 'contactId', i.contact_id, 'leadId', newest.id))
          from unnest(tenants, kinds, claims) with ordinality k(tenant, kind, claim, place)
          cross join lateral (
            select i.contact_id from channel_identities i
            where i.tenant_id = k.tenant and i.kind = k.kind and i.value = k.claim and i.deleted_at is null
            union all
            select a.contact_id
            from (select i.contact_id, i.tenant_id, i.kind from channel_identities i where i.aliases @> array[k.claim] and i.aliases <> '{}' and i.deleted_at is null offset 0) a
            where a.tenant_id = k.tenant and a.kind = k.kind
            limit 1
          ) i
          left join lateral (${openLead("i.contact_id")}) newest on true
        ),
        'answered', (
          select json_agg(json_build_object('place', k.place, 'messageId', m.id))
          from unnest(accounts, replies) with ordinality k(account, reply, place)
          cross join lateral (select m.id from messages m where m.channel_account_id = k.account and m.external_id = k.reply limit 1) m
        )
      ) into result;
      return result;
    end
    $function$`;
}

/**
 * What was known may be out of date by now. Taken unique keys say so by themselves; the rest is checked, and raises
 * 40001, which the intake takes as "read again". The two values of an event that only the database knows, or has
 * got already, are put into its payload here.
 */
function writeFunction(lead: LeadState): string {
  return `function intake_write(
      moment timestamptz, final_statuses text[], audit_action text, event_topic text, event_version int,
      new_contacts jsonb, new_identities jsonb, new_leads jsonb, new_conversations jsonb, continued jsonb, new_events jsonb, new_messages jsonb
    ) returns void language plpgsql ${BY_INDEX} as $function$
    declare
      wanted record;
      change record;
    begin
      if new_contacts is not null then
        insert into contacts (${RECORD}, name, owner_id, attributes)
        select r.id, r.tenant, 1, moment, moment, r.name, r.owner, r.attributes
        from jsonb_to_recordset(new_contacts) as r(id uuid, tenant text, name text, owner text, attributes jsonb);
      end if;
      if new_identities is not null then
        insert into channel_identities (${RECORD}, contact_id, kind, value, verified)
        select r.id, r.tenant, 1, moment, moment, r.contact, r.kind, r.value, r.verified
        from jsonb_to_recordset(new_identities) as r(id uuid, tenant text, contact uuid, kind text, value text, verified boolean);
      end if;
      if new_leads is not null then
        for wanted in select l.contact from jsonb_to_recordset(new_leads) as l(contact uuid, known boolean) where l.known order by l.contact loop
          perform from contacts c where c.id = wanted.contact for no key update;
          if exists (${openLead("wanted.contact")}) then
            raise exception 'a lead of the contact was opened meanwhile' using errcode = '40001';
          end if;
        end loop;
        insert into leads (${RECORD}, title, contact_id, ${lead.columns}, source, owner_id, team_id, attributes)
        select r.id, r.tenant, 1, moment, moment, r.title, r.contact, ${lead.values}, r.source, r.owner, r.team, r.attributes
        from jsonb_to_recordset(new_leads) as r(id uuid, tenant text, title text, contact uuid, ${lead.types}, source jsonb, owner text, team text, attributes jsonb);
      end if;
      if new_conversations is not null then
        insert into conversations (${RECORD}, channel_account_id, channel_type, external_id, contact_id, lead_id, owner_id, team_id, message_count, last_message_at, last_inbound_at)
        select r.id, r.tenant, 1, moment, moment, r.account, r.type, r.external, r.contact, r.lead, r.owner, r.team, r.added, r.last, r.last
        from jsonb_to_recordset(new_conversations) as r(id uuid, tenant text, account uuid, type text, external text, contact uuid, lead uuid, owner text, team text, added int, last timestamptz);
      end if;
      if continued is not null then
        for change in select * from jsonb_to_recordset(continued) as c(id uuid, contact uuid, lead uuid, owner text, team text, added int, last timestamptz) loop
          update conversations c
          set version = c.version + 1, updated_at = moment, lead_id = change.lead, owner_id = coalesce(c.owner_id, change.owner), team_id = coalesce(c.team_id, change.team),
            message_count = c.message_count + change.added, last_message_at = greatest(c.last_message_at, change.last), last_inbound_at = greatest(c.last_inbound_at, change.last)
          where c.id = change.id and c.contact_id = change.contact and c.deleted_at is null
            and exists (select from leads l where l.id = change.lead and l.deleted_at is null and l.status <> all (final_statuses));
          if not found then
            raise exception 'a conversation changed meanwhile' using errcode = '40001';
          end if;
        end loop;
      end if;
      if new_events is not null then
        insert into events (uuid, tenant_id, topic, version, aggregate_type, aggregate_id, aggregate_version, payload, actor_kind, actor_id, correlation_id, causation_id, occurred_at)
        select r.id, r.tenant, r.topic, r.version, r.type, r.aggregate, r.aggregate_version, r.payload, r.actor_kind, r.actor, r.correlation, r.causation, moment
        from jsonb_to_recordset(new_events) as r(id uuid, tenant text, topic text, version int, type text, aggregate text, aggregate_version int, payload jsonb,
          actor_kind text, actor text, correlation text, causation text);
      end if;
      with arrived as materialized (
        select r.*, c.message_count - r.left as ordinal, c.version as conversation_version
        from jsonb_to_recordset(new_messages) as r(id uuid, tenant text, conversation uuid, account uuid, contact uuid, lead uuid, "left" int, author jsonb, parts jsonb,
          reply uuid, forwarded text, external text, sanitised boolean, sent timestamptz, activity uuid, activity_data jsonb, audit uuid,
          event uuid, payload jsonb, actor_kind text, actor text, correlation text, causation text)
        cross join lateral (select c.message_count, c.version from conversations c where c.id = r.conversation limit 1) c
      ), stored as (
        insert into messages (${RECORD}, conversation_id, channel_account_id, direction, ordinal, author, parts, reply_to_id, forwarded_from, external_id, status, status_at, sanitised, sent_at)
        select a.id, a.tenant, 1, moment, moment, a.conversation, a.account, 'inbound', a.ordinal, a.author, a.parts, a.reply, a.forwarded, a.external, 'delivered', moment, a.sanitised, a.sent
        from arrived a
      ), noted as (
        insert into activities (contact_id, id, tenant_id, lead_id, kind, actor_kind, actor_id, at, data)
        select a.contact, a.activity, a.tenant, a.lead, 'message', a.actor_kind, a.actor, moment, a.activity_data
        from arrived a
      ), audited as (
        insert into audit_entries (target_id, id, tenant_id, target_type, action, actor_kind, actor_id, correlation_id, at)
        select a.id::text, a.audit, a.tenant, 'message', audit_action, a.actor_kind, a.actor, a.correlation, moment
        from arrived a
      )
      insert into events (uuid, tenant_id, topic, version, aggregate_type, aggregate_id, aggregate_version, payload, actor_kind, actor_id, correlation_id, causation_id, occurred_at)
      select a.event, a.tenant, event_topic, event_version, 'conversation', a.conversation::text, a.conversation_version,
        jsonb_set(jsonb_set(a.payload, '{message,ordinal}', to_jsonb(a.ordinal)), '{message,parts}', a.parts),
        a.actor_kind, a.actor, a.correlation, a.causation, moment
      from arrived a;
    end
    $function$`;
}
