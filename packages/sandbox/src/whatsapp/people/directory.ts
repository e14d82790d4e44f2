import { jidDecode } from "@whiskeysockets/baileys";
import type { AccountPhone } from "./account-phone.ts";
import type { CustomerPhone } from "./customer-phone.ts";

/** Everyone registered with this WhatsApp, found by any of their addresses. */
export class Directory {
  readonly #people = new Map<string, AccountPhone | CustomerPhone>();
  readonly #accounts = new Set<AccountPhone>();
  readonly #customers = new Set<CustomerPhone>();

  /** Throws when the number is taken. */
  addAccount(account: AccountPhone): void {
    this.#register(account);
    this.#accounts.add(account);
  }

  /** Throws when the number is taken. */
  addCustomer(customer: CustomerPhone): void {
    this.#register(customer);
    this.#customers.add(customer);
  }

  accounts(): AccountPhone[] {
    return [...this.#accounts];
  }

  everyone(): Iterable<AccountPhone | CustomerPhone> {
    return new Set(this.#people.values());
  }

  /** By phone number address, LID address or bare digits; a device part is ignored. */
  find(jid: string): AccountPhone | CustomerPhone | undefined {
    return this.#people.get(jidDecode(jid)?.user ?? jid.replace(/^\+/, ""));
  }

  findCustomer(jid: string): CustomerPhone | undefined {
    const found = this.find(jid);
    return this.#isCustomer(found) ? found : undefined;
  }

  findAccount(jid: string): AccountPhone | undefined {
    const found = this.find(jid);
    return found && !this.#isCustomer(found) ? found : undefined;
  }

  #isCustomer(person: AccountPhone | CustomerPhone | undefined): person is CustomerPhone {
    return this.#customers.has(person as CustomerPhone);
  }

  #register(phone: AccountPhone | CustomerPhone): void {
    const { digits, lidDigits } = phone.person;
    if (this.#people.has(digits)) throw new Error(`The number ${phone.phone} is registered already.`);
    this.#people.set(digits, phone);
    this.#people.set(lidDigits, phone);
  }
}
