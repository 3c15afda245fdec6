import type { Controls } from '#control/controls.ts';
import type { Gm, Sm2PublicKey } from '#crypto/gm.ts';
import type { Authorities } from '#drivers/repository.ts';
import type { Envelopes } from '#envelope/envelopes.ts';
import type { Logins } from '#identity/logins.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/log.ts';
import type { Random } from '#kernel/random.ts';
import type { HallDesk } from '#opening/hall/hall.ts';
import type { Printer } from '#opening/minutes/printer.ts';
import type { RelyingParties } from '#relying-party/relying-parties.ts';
import type { ReportPrinter } from '#signature/report/printer.ts';
import type { Signatures } from '#signature/signatures.ts';
import type { Validation } from '#signature/validation.ts';
import type { Store } from '#store/store.ts';
import type { Dialect } from './agent-view.ts';
import type { Assets } from './assets.ts';
import type { Rates } from './rates.ts';

export interface HostedDeps {
  readonly logins: Logins;
  readonly envelopes: Envelopes;
  /** The signing page; without it there is no such page. */
  readonly signatures?: Signatures;
  /** The opening hall and the papers it hands out; a hub without openings has none. */
  readonly hall?: { readonly desk: HallDesk; readonly printer: Printer };
  /** The certificate control of trading systems' own pages. */
  readonly controls?: Controls;
  /** What checks documents that anybody brings, and prints what it found; without it there is no such page. */
  readonly checking?: { readonly validation: Validation; readonly reports: ReportPrinter };
  readonly store: Store;
  readonly relyingParties: RelyingParties;
  readonly authorities: Authorities;
  readonly assets: Assets;
  readonly gm: Gm;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The hub's own public origin; https, or http in development. */
  readonly publicUrl: string;
  /** By driver: the browser half of those whose keys are worked by a page. */
  readonly dialects: ReadonlyMap<string, Dialect>;
  /** Loopback WebSocket URLs of the hub's own agent. */
  readonly agentEndpoints: readonly string[];
  /** Public part of the key that signs grants. */
  readonly signingKey: Sm2PublicKey;
  /** Behind our own reverse proxy. */
  readonly trustProxy: boolean;
  /** Throws when the hub cannot work now (/readyz). */
  readonly ready: () => Promise<void>;
  readonly rates?: Partial<Rates>;
}
