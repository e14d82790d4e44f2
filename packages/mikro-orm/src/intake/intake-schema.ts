import type { SchemaStep } from "../background/migration.ts";

/**
 * The intake's two round trips as functions: one that reads what a group of messages needs to know, and one that
 * writes all its rows. A function keeps its plans, and those made for the empty tables of the first day would scan
 * the full ones later; so the planner is told to go by indexes from the beginning.
 */
const BY_INDEX = "set enable_seqscan to off set enable_hashjoin to off set enable_mergejoin to off";

const RECORD = "id, tenant_id, version, created_at, updated_at";

export const intakeSchema: readonly SchemaStep[] = [{ name: "intake-1", statements: [readFunction(), writeFunction()] }];

function readFunction(): string {
  return `create function intake_read(
      accounts uuid[], externals text[], chats text[], replies text[],
      tenants text[], kinds text[], identity_values text[], final_statuses text[]
    ) returns json language plpgsql stable ${BY_INDEX} as $function$
    declare
      result json;
    begin
      select json_build_object(
        'known', (
          select json_agg(json_build_object('place', k.place, 'messageId', m.id, 'conversationId', m.conversation_id, 'contactId', c.contact_id, 'leadId', c.lead_id))
          from unnest(accounts, externals) with ordinality k(account, external, place)
          join messages m on m.channel_account_id = k.account and m.external_id = k.external
          join conversations c on c.id = m.conversation_id
        ),
        'conversations', (
          select json_agg(json_build_object('place', k.place, 'id', c.id, 'version', c.version, 'contactId', c.contact_id, 'leadId', l.id, 'ownerId', c.owner_id, 'teamId', c.team_id, 'messageCount', c.message_count))
          from unnest(accounts, chats) with ordinality k(account, chat, place)
          join conversations c on c.channel_account_id = k.account and c.external_id = k.chat and c.deleted_at is null
          left join leads l on l.id = c.lead_id and l.deleted_at is null and l.status <> all (final_statuses)
        ),
        'replies', (
          select json_agg(json_build_object('place', k.place, 'messageId', m.id))
          from unnest(accounts, replies) with ordinality k(account, reply, place)
          join messages m on m.channel_account_id = k.account and m.external_id = k.reply
        ),
        'identities', (
          select json_agg(json_build_object('place', k.place, 'contactId', i.contact_id))
          from unnest(tenants, kinds, identity_values) with ordinality k(tenant, kind, value, place)
          join lateral (
            select i.contact_id from channel_identities i
            where i.tenant_id = k.tenant and i.kind = k.kind and i.value = k.value and i.deleted_at is null
            union all
            select i.contact_id from channel_identities i
            where i.aliases @> array[k.value] and i.aliases <> '{}' and i.tenant_id = k.tenant and i.kind = k.kind and i.deleted_at is null
            limit 1
          ) i on true
        )
      ) into result;
      return result;
    end
    $function$`;
}

/** The assertions raise 40001, which the intake takes as "somebody was faster: read again". */
function writeFunction(): string {
  return `create function intake_write(
      new_contacts json, new_identities json, new_leads json, new_conversations json, continued json,
      new_messages json, new_activities json, new_audit json, new_events json, final_statuses text[]
    ) returns void language plpgsql ${BY_INDEX} as $function$
    declare
      touched int;
    begin
      if new_contacts is not null then
        insert into contacts (${RECORD}, name, owner_id, attributes)
        select r.id, r.tenant, 1, r.at, r.at, r.name, r.owner, r.attributes
        from json_to_recordset(new_contacts) as r(id uuid, tenant text, at timestamptz, name text, owner text, attributes jsonb);
      end if;
      if new_identities is not null then
        insert into channel_identities (${RECORD}, contact_id, kind, value, verified)
        select r.id, r.tenant, 1, r.at, r.at, r.contact, r.kind, r.value, r.verified
        from json_to_recordset(new_identities) as r(id uuid, tenant text, at timestamptz, contact uuid, kind text, value text, verified boolean);
      end if;
      if new_leads is not null then
        insert into leads (${RECORD}, title, contact_id, status, status_changed_at, source, owner_id, team_id, attributes)
        select r.id, r.tenant, 1, r.at, r.at, r.title, r.contact, r.status, r.at, r.source, r.owner, r.team, r.attributes
        from json_to_recordset(new_leads) as r(id uuid, tenant text, at timestamptz, title text, contact uuid, status text, source jsonb, owner text, team text, attributes jsonb);
      end if;
      if new_conversations is not null then
        insert into conversations (${RECORD}, channel_account_id, channel_type, external_id, contact_id, lead_id, owner_id, team_id, message_count, last_message_at, last_inbound_at)
        select r.id, r.tenant, 1, r.at, r.at, r.account, r.type, r.external, r.contact, r.lead, r.owner, r.team, r.count, r.at, r.at
        from json_to_recordset(new_conversations) as r(id uuid, tenant text, at timestamptz, account uuid, type text, external text, contact uuid, lead uuid, owner text, team text, count int);
      end if;
      if continued is not null then
        update conversations c
        set version = c.version + 1, updated_at = r.at, lead_id = r.lead, owner_id = r.owner, team_id = r.team,
          message_count = r.count, last_message_at = r.at, last_inbound_at = r.at
        from json_to_recordset(continued) as r(id uuid, version int, at timestamptz, lead uuid, owner text, team text, count int)
        where c.id = r.id and c.version = r.version and c.deleted_at is null
          and exists (select from leads l where l.id = r.lead and l.deleted_at is null and l.status <> all (final_statuses));
        get diagnostics touched = row_count;
        if touched <> json_array_length(continued) then
          raise exception 'a conversation changed meanwhile' using errcode = '40001';
        end if;
      end if;
      insert into messages (${RECORD}, conversation_id, channel_account_id, direction, ordinal, author, parts, reply_to_id, forwarded_from, external_id, status, status_at, sanitised, sent_at)
      select r.id, r.tenant, 1, r.at, r.at, r.conversation, r.account, 'inbound', r.ordinal, r.author, r.parts, r.reply, r.forwarded, r.external, 'delivered', r.at, r.sanitised, r.sent
      from json_to_recordset(new_messages) as r(id uuid, tenant text, at timestamptz, conversation uuid, account uuid, ordinal int, author jsonb, parts jsonb, reply uuid, forwarded text, external text, sanitised boolean, sent timestamptz);
      insert into activities (contact_id, id, tenant_id, lead_id, kind, actor_kind, actor_id, at, data)
      select r.contact, r.id, r.tenant, r.lead, r.kind, r.actor_kind, r.actor, r.at, r.data
      from json_to_recordset(new_activities) as r(contact uuid, id uuid, tenant text, lead uuid, kind text, actor_kind text, actor text, at timestamptz, data jsonb);
      insert into audit_entries (target_id, id, tenant_id, target_type, action, actor_kind, actor_id, correlation_id, at)
      select r.target, r.id, r.tenant, r.type, r.action, r.actor_kind, r.actor, r.correlation, r.at
      from json_to_recordset(new_audit) as r(target text, id uuid, tenant text, type text, action text, actor_kind text, actor text, correlation text, at timestamptz);
      insert into events (uuid, tenant_id, topic, version, aggregate_type, aggregate_id, aggregate_version, payload, actor_kind, actor_id, correlation_id, causation_id, occurred_at)
      select r.id, r.tenant, r.topic, r.version, r.type, r.aggregate, r.aggregate_version, r.payload, r.actor_kind, r.actor, r.correlation, r.causation, r.at
      from json_to_recordset(new_events) as r(id uuid, tenant text, topic text, version int, type text, aggregate text, aggregate_version int, payload jsonb, actor_kind text, actor text, correlation text, causation text, at timestamptz);
    end
    $function$`;
}
