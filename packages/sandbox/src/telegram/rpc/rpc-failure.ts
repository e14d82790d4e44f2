/** An answer that is an error, as Telegram numbers and names them (https://core.telegram.org/api/errors). */
export class RpcFailure extends Error {
  override readonly name = "RpcFailure";
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
