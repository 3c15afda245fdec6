import type { Outbox } from '#delivery/outbox.ts';
import type { DriverHosts } from '#drivers/host.ts';
import type { Trust } from '#drivers/trust.ts';
import { createPageRoom, type PageDeps, type PageRoom } from '#interaction/page-room.ts';
import { newId } from '#kernel/ids.ts';
import type { Subscribers } from '#subscriber/subscribers.ts';
import type { CapsulePort } from './capsule-port.ts';
import { createHeld, type Held } from './held.ts';
import { interactionEnded } from './interaction-ended.ts';
import { createVault, type Vault } from './vault.ts';

export interface EnvelopeDeps extends PageDeps {
  readonly outbox: Outbox;
  readonly trust: Trust;
  readonly subscribers: Subscribers;
  readonly drivers: DriverHosts;
  readonly capsules: CapsulePort;
}

/** What the room's use cases share. */
export interface Room extends PageRoom, EnvelopeDeps {
  readonly vault: Vault;
  /** Contents that must not be written anywhere (profile `plaintext: memory-only`). */
  readonly held: Held;
  /** Names this process as the holder of such contents. */
  readonly holder: string;
}

export function createRoom(deps: EnvelopeDeps): Room {
  const room: Room = {
    ...deps,
    ...createPageRoom(deps, {
      kind: 'decrypt',
      path: 'decrypt',
      changed: (tx, interaction, what) => interactionEnded(room, tx, interaction, what),
    }),
    vault: createVault(deps.gm, deps.cipher),
    held: createHeld(),
    holder: newId('req', deps.random),
  };
  return room;
}
