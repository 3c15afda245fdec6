import type { Trust } from '#drivers/trust.ts';
import { createPageRoom, type PageDeps, type PageRoom } from '#interaction/page-room.ts';
import type { Verification } from '#signature/verification.ts';

export interface ControlDeps extends PageDeps {
  readonly trust: Trust;
  readonly verification: Verification;
}

/** What the room's use cases share. */
export interface Room extends PageRoom, ControlDeps {}

export const createRoom = (deps: ControlDeps): Room => ({
  ...deps,
  ...createPageRoom(deps, { kind: 'control', path: 'control/frame' }),
});
