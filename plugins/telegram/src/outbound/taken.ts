/** A message that Telegram took. */
export interface Taken {
  /** Telegram's id of the message. */
  readonly id: string;
  /** Seconds of unix time. */
  readonly date: number;
}
