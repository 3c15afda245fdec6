import { goodDay } from '#test/storm/gateway.ts';

/** Callbacks that wait at the gateway keep their lease held for as long as a test likes. */
export const takeOver = { allHeld: { ...goodDay, hold: 100 }, nothingHeld: goodDay } as const;
