import type { SchemaStep } from "../background/migration.ts";

/**
 * A budget remembers when each permit of the last window was granted. `take_permits` grants as many of the wanted
 * ones as are left, by the clock of the database, and says how many milliseconds it takes until there is another.
 */
export const rateBudgetSchema: readonly SchemaStep[] = [
  {
    name: "rate-budget-1",
    statements: [
      `create table rate_budgets (
        name text primary key,
        grants bigint[] not null default '{}',
        blocked_until timestamptz not null default '-infinity'
      )`,
      `create function take_permits(budget text, wanted int, permits int, window_ms bigint) returns table (granted int, wait_ms bigint)
        language plpgsql as $function$
        declare
          now_ms bigint;
          blocked_ms bigint;
          live bigint[];
        begin
          insert into rate_budgets (name) values (budget) on conflict do nothing;
          select r.grants, case when r.blocked_until > clock_timestamp() then ceil(extract(epoch from r.blocked_until - clock_timestamp()) * 1000) else 0 end
            into live, blocked_ms
            from rate_budgets r where r.name = budget for update;
          if blocked_ms > 0 then
            return query select 0, blocked_ms;
            return;
          end if;
          now_ms := floor(extract(epoch from clock_timestamp()) * 1000);
          live := array(select g from unnest(live) g where g > now_ms - window_ms order by g);
          granted := greatest(0, least(wanted, permits - cardinality(live)));
          if granted > 0 then
            live := live || array_fill(now_ms, array[granted]);
            update rate_budgets r set grants = live where r.name = budget;
          end if;
          wait_ms := case when granted = wanted then 0 else greatest(1, live[cardinality(live) - permits + 1] + window_ms - now_ms) end;
          return next;
        end
        $function$`,
    ],
  },
];
