import type { Actor } from '../opening.ts';
import type { Picture } from './picture.ts';
import type { Speaker } from './proposal.ts';
import type { Seat } from './seat.ts';

/** Somebody who does something, and what the hub saw when he did. */
export interface Doing {
  readonly seat: Seat;
  readonly picture: Picture;
}

export const speakerOf = (seat: Seat): Speaker => ({
  id: seat.offices[0]?.id ?? seat.id,
  title: seat.title,
  name: seat.name,
  tail: seat.tail,
  authority: seat.authorityName,
});

export const actorOf = (seat: Seat): Actor => ({
  kind: 'person',
  id: seat.offices[0]?.id ?? seat.id,
  name: seat.title === seat.name ? seat.name : `${seat.title} ${seat.name}`,
});
