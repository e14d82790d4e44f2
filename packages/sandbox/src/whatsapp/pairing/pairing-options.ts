/** How long QR codes live on the server, and whether linking is made harder. */
export interface PairingOptions {
  /** How many references a connection gets before the server has no more for it: 6 by default. */
  readonly refs?: number;
  /** Life of the first reference: 60 000 ms by default. */
  readonly firstRefMs?: number;
  /** Life of each later reference, counted from the end of the one before: 20 000 ms by default. */
  readonly nextRefMs?: number;
  /**
   * Answers the first scan of each connection with `companion_reg_refresh`, as WhatsApp may do since July 2026: the
   * secret of the code on screen is retired, and only a code with a new one is accepted.
   */
  readonly refreshRegistration?: boolean;
}
