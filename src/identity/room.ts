import type { Outbox } from '#delivery/outbox.ts';
import type { DriverHosts } from '#drivers/host.ts';
import type { Trust } from '#drivers/trust.ts';
import { createPageRoom, type PageDeps, type PageRoom } from '#interaction/page-room.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Subscribers } from '#subscriber/subscribers.ts';

export interface LoginDeps extends PageDeps {
  readonly outbox: Outbox;
  readonly trust: Trust;
  readonly subscribers: Subscribers;
  readonly drivers: DriverHosts;
}

/** What the room's use cases share. */
export interface Room extends PageRoom, LoginDeps {
  readonly ticketKey: Bytes;
}

export const createRoom = (deps: LoginDeps): Room => ({
  ...deps,
  ...createPageRoom(deps, { kind: 'login', path: 'check' }),
  ticketKey: deps.keyring.derive('login-ticket'),
});
