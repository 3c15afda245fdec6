import type { Egress } from '#delivery/egress.ts';
import type { Outbox } from '#delivery/outbox.ts';
import type { DriverHosts } from '#drivers/host.ts';
import type { Trust } from '#drivers/trust.ts';
import { createPageRoom, type PageDeps, type PageRoom } from '#interaction/page-room.ts';
import { createWaitingLine, type WaitingLine } from '#kernel/waiting-line.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { SealedFiles } from '#store/sealed-files.ts';
import type { SealLibrary } from '#subscriber/seals/library.ts';
import type { Subscribers } from '#subscriber/subscribers.ts';
import { interactionEnded } from './interaction-ended.ts';
import type { StampingAuthority } from './stamp.ts';
import { createVault, type Vault } from './vault.ts';

export interface SignatureDeps extends PageDeps {
  readonly outbox: Outbox;
  readonly trust: Trust;
  readonly subscribers: Subscribers;
  readonly drivers: DriverHosts;
  readonly seals: SealLibrary;
  readonly files: SealedFiles;
  readonly egress: Pick<Egress, 'request'>;
  /** Signatures are stamped by it; null: they carry the signer's own word on the time alone. */
  readonly timeAuthority: StampingAuthority | null;
  /** Roots and intermediates of the time authorities that are believed in documents which come in. */
  readonly timeAuthorities: readonly Certificate[];
}

/** What the room's use cases share. */
export interface Room extends PageRoom, SignatureDeps {
  readonly vault: Vault;
  /** Documents that are looked into: each may take 50 MB while it lasts, so not all that come stand in memory together. */
  readonly looks: WaitingLine;
}

const LOOKS = { atOnce: 4, patienceMs: 60_000, busy: 'too many documents to look into at once' };

export function createRoom(deps: SignatureDeps): Room {
  const room: Room = {
    ...deps,
    ...createPageRoom(deps, {
      kind: 'sign',
      path: 'sign',
      changed: (tx, interaction, what) => interactionEnded(room, tx, interaction, what),
    }),
    vault: createVault(deps.cipher),
    looks: createWaitingLine(LOOKS),
  };
  return room;
}
