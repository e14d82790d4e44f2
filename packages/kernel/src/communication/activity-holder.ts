/** What has a timeline of its own: a contact, or a lead. Lines are found through either. */
export type ActivityHolder = { readonly contactId: string } | { readonly leadId: string };
