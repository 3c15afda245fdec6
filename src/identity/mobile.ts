import type { Road } from '#interaction/exchange.ts';
import { ok } from '#kernel/result.ts';
import { judgeLogin } from './evidence.ts';
import type { Room } from './room.ts';

/** A login over the vendor's phone: the driver brings a signature over the challenge, the hub judges it as it judges a key's. */
export const mobileRoad = (room: Room): Road<'auth'> => ({
  room,
  drivers: room.drivers,
  channel: 'auth',
  purpose: 'login',
  prepare: async () => ok({ request: (common) => common, own: null }),
  settle: (interaction, authority, evidence) => judgeLogin(room, interaction, evidence, 'mobile', authority),
});
