/** Where a lead comes from. A lead without a source does not exist. */
export interface LeadSource {
  /** A channel type, or how else it arrived: `telegram`, `whatsapp`, `web-form`, `import`, `manual`. */
  readonly channel: string;
  /** The channel account that received the first message. */
  readonly channelAccountId?: string;
  readonly utm?: Readonly<Partial<Record<"source" | "medium" | "campaign" | "term" | "content", string>>>;
  readonly referrer?: string;
  readonly partnerId?: string;
}
