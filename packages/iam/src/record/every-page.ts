import type { Page, PageRequest } from "@crmessenger/kernel/infrastructure";

const LARGEST_PAGE = 500;

/** Everything a paged search finds, in one array: for what stays small, such as the users of a company. */
export async function everyPage<T>(find: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const page = await find({ limit: LARGEST_PAGE, ...(after === undefined ? {} : { after }) });
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}
