import type { Faults } from "../faults/faults.ts";
import type { MediaHost } from "../media/media-host.ts";
import type { PairingDesk } from "../pairing/pairing-desk.ts";
import { lidDigits, type Random } from "../random.ts";
import { AccountPhone } from "./account-phone.ts";
import type { BusinessAccount } from "./account.ts";
import { CustomerPhone } from "./customer-phone.ts";
import type { Customer, CustomerOptions } from "./customer.ts";
import { Directory } from "./directory.ts";
import { phoneDigits, type PersonOptions } from "./person.ts";

/** What everyone in the sandbox shares. */
interface Shared {
  readonly seed: number;
  readonly mediaHost: MediaHost;
  readonly faults: Faults;
  readonly desk: PairingDesk;
}

/** Brings people to life and lets them find each other. */
export class Population {
  readonly directory = new Directory();
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  addAccount(options: PersonOptions): BusinessAccount {
    const { mediaHost, desk } = this.#shared;
    const account = new AccountPhone(options, this.#lid(options.phone), {
      mediaHost,
      redeem: (qrText, phone) => desk.redeem(qrText, phone),
      phoneOf: (customer) => this.#customerPhone(customer),
    });
    this.directory.addAccount(account);
    return account;
  }

  addCustomer(options: CustomerOptions): Customer {
    const { mediaHost, faults } = this.#shared;
    const customer = new CustomerPhone(options, this.#lid(options.phone), {
      mediaHost,
      faults,
      phoneOf: (account) => this.#accountPhone(account),
    });
    this.directory.addCustomer(customer);
    return customer;
  }

  /** Cuts the connection of one linked device, if any has one. */
  dropOne(random: Random): void {
    const devices = this.directory.accounts().flatMap((account) => account.linkedDevices());
    const [unlucky] = random.shuffle(devices.filter((device) => device.connected));
    unlucky?.drop();
  }

  close(): void {
    for (const phone of this.directory.everyone()) phone.person.signal.close();
  }

  #lid(phone: string): string {
    return lidDigits(this.#shared.seed, phoneDigits(phone));
  }

  #accountPhone(account: BusinessAccount): AccountPhone {
    const found = this.directory.findAccount(account.phone);
    if (!found) throw new Error(`${account.phone} is no account of this sandbox.`);
    return found;
  }

  #customerPhone(customer: Customer): CustomerPhone {
    const found = this.directory.findCustomer(customer.phone);
    if (!found) throw new Error(`${customer.phone} is no customer of this sandbox.`);
    return found;
  }
}
